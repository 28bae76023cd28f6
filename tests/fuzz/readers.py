"""What is fuzzed: for every kind of file, how a broken one is made from a good one, and what nusim does with it."""

import argparse
import gzip
import io
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nusim.errors import NusimError

from .mutate import VALUES, WORDS, Rng, broken_bytes, broken_columns, broken_document, broken_text, pick, toml_text
from .seeds import Seeds, documents_in

Files = dict[str, bytes]
"""By name; the first is the one to be read."""


@dataclass(frozen=True)
class Reader:
    """One kind of input."""

    name: str
    broken: Callable[[Rng, Seeds], Files]
    read: Callable[[Path], object]
    """Of the first file. NusimError where it is refused."""
    share: float = 1.0
    """Of the inputs that others get: less where one takes long."""
    names_file: bool = True
    """Whether refusals must name the file."""


# cards


def _card(kind: str) -> Callable[[Rng, Seeds], Files]:
    def broken(rng: Rng, seeds: Seeds) -> Files:
        text, document = pick(rng, seeds.cards[kind])
        if rng.random() < 0.65:
            return {"input.toml": toml_text(broken_document(rng, document)).encode("utf-8", "replace")}
        return {"input.toml": broken_text(rng, text)}

    return broken


def _show(path: Path) -> None:
    from nusim.cli.show import run

    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        run(argparse.Namespace(card=str(path), set=[], json=False))


def _model(path: Path) -> None:
    from nusim.cards.read import load_model
    from nusim.model.spectrum import solve

    model = load_model(path)[0]
    _show(path)
    try:
        solve(model)
    except NusimError as error:  # of the model's name: its file is no longer known
        raise NusimError(f"{path}: {error}") from None


def _experiment(path: Path) -> None:
    from nusim.cards.read import load_experiment

    load_experiment(path)
    _show(path)


def _beam(path: Path) -> None:
    from nusim.cards.read import read_beam

    read_beam(path)
    _show(path)


def _setting(rng: Rng, seeds: Seeds) -> Files:
    """A card's name and one to three arguments of --set."""
    from nusim.cards.toml import leaves

    kind = pick(rng, ("model", "experiment"))
    _, document = pick(rng, seeds.cards[kind])
    keys = [key for key, _ in leaves(document)] + ["mixing2", "mixing2.mu", "", "name", "detector", "members", "beam.card"]
    words = []
    for _ in range(int(rng.integers(1, 4))):
        key = pick(rng, keys)
        if rng.random() < 0.3:
            key = broken_text(rng, key.encode()).decode("utf-8", "replace")
        value = pick(rng, WORDS) if rng.random() < 0.5 else toml_text({"x": pick(rng, VALUES)}).partition("=")[2].strip()
        words.append(f"{key}={value}")
    return {"input.json": json.dumps([kind, document["name"], words]).encode()}


def _set(path: Path) -> None:
    from nusim.cards.read import load_experiment, load_model
    from nusim.cli.options import assignment
    from nusim.model.spectrum import solve

    kind, name, words = json.loads(path.read_bytes())
    try:
        changes = dict(assignment(word) for word in words)
    except argparse.ArgumentTypeError as error:
        raise NusimError(str(error)) from None
    if kind == "model":
        solve(load_model(name, changes)[0])
    else:
        load_experiment(name, changes)


# fluxes and tables of parents


def _flux_text(name: str) -> Callable[[Rng, Seeds], Files]:
    return lambda rng, seeds: {f"input.{name}": broken_text(rng, seeds.flux[name])}


def _flux_root(name: str) -> Callable[[Rng, Seeds], Files]:
    def broken(rng: Rng, seeds: Seeds) -> Files:
        if rng.random() < 0.4:
            return {"input.root": broken_bytes(rng, seeds.flux[name])}
        columns = {key: values for key, values in broken_columns(rng, seeds.columns[name]).items() if values.dtype != np.float16}
        protons = np.array([pick(rng, (1e5, 1e5, 1e5, 0.0, -1.0, np.nan, np.inf, 1e300, 1e-300))])
        with _root_file() as (path, file):
            if name == "dk2nu":
                _tree(file, "dk2nuTree", {f"dk2nu/decay/decay.{key}": values for key, values in columns.items()})
                if rng.random() < 0.9:
                    _tree(file, "dkmetaTree", {"dkmeta/pots": protons})
            else:
                _tree(file, "flux", columns)
                size = pick(rng, (6.0, 6.0, 0.0, np.nan, 1e300))
                base = np.array([-3.0, -3.0, 100.0])
                window = {"windowBase": base, "windowDir1": np.array([size, 0.0, 0.0]), "windowDir2": np.array([0.0, size, 0.0])}
                kinds: dict[str, Any] = {key: np.dtype((np.float64, (3,))) for key in window}
                file.mktree("meta", {**kinds, "protons": np.float64}).extend(
                    {**{key: value[None] for key, value in window.items()}, "protons": protons}
                )
            file.close()
            return {"input.root": path.read_bytes()}

    return broken


@contextmanager
def _root_file() -> Iterator[tuple[Path, Any]]:
    """A ROOT file to write into; uproot needs a file that stays when it is closed."""
    import uproot

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "new.root"
        with uproot.recreate(path, compression=None) as file:
            yield path, file


def _tree(file: Any, name: str, columns: dict[str, Any]) -> None:
    """One tree; of columns of several lengths, as much as all have."""
    rows = min((len(values) for values in columns.values()), default=0)
    if columns:
        kinds = {key: values.dtype if values.ndim == 1 else np.dtype((values.dtype, values.shape[1:])) for key, values in columns.items()}
        file.mktree(name, kinds).extend({key: values[:rows] for key, values in columns.items()})


def _flux(path: Path) -> None:
    from nusim.beams.flux_files import FluxFiles, guess_format, load_flux

    load_flux(FluxFiles((path,), guess_format(path), momentum=8.89))


def _table(rng: Rng, seeds: Seeds) -> Files:
    if rng.random() < 0.4:
        return {"input.npz": broken_bytes(rng, seeds.flux["table"])}
    columns = broken_columns(rng, seeds.columns["table"])
    if rng.random() < 0.2:
        columns["rows"] = np.array(pick(rng, ([10**18], [-1], [2**62, 2**62, 2**62, 2**62], ["a"], [1.5], [[1, 2]], [None], [])))
    stream = io.BytesIO()
    np.savez(stream, **columns)
    return {"input.npz": stream.getvalue()}


def _parents(path: Path) -> None:
    from dataclasses import replace

    from nusim.beams.beam import load_parents
    from nusim.cards.read import read_beam

    beam = replace(read_beam("bnb"), tables={"fhc": path})
    load_parents(beam, "fhc")


# event files


def _events_text(format: str) -> Callable[[Rng, Seeds], Files]:
    def broken(rng: Rng, seeds: Seeds) -> Files:
        files = dict(pick(rng, seeds.events[format]))
        name = pick(rng, list(files))
        files[name] = _broken_with_documents(rng, files[name])
        return files

    return broken


def _broken_with_documents(rng: Rng, content: bytes) -> bytes:
    """A change of the text, or of a JSON document in it that stays one."""
    if rng.random() < 0.4:
        text = content.decode()
        if found := documents_in(text):
            first, last, value = pick(rng, found)
            return (text[:first] + json.dumps(broken_document(rng, value), indent=pick(rng, (None, 1))) + text[last:]).encode()
    return broken_text(rng, content)


def _lhe_gz(rng: Rng, seeds: Seeds) -> Files:
    (content,) = pick(rng, seeds.events["lhe"]).values()
    if rng.random() < 0.5:
        return {"input.lhe.gz": broken_bytes(rng, gzip.compress(content, mtime=0))}
    return {"input.lhe.gz": gzip.compress(_broken_with_documents(rng, content), 1, mtime=0)}


def _events_root(format: str) -> Callable[[Rng, Seeds], Files]:
    tree = {"root": "events", "rootracker": "gRooTracker", "fairship": "LLP_tree"}[format]

    def broken(rng: Rng, seeds: Seeds) -> Files:
        (content,) = pick(rng, seeds.events[format]).values()
        if rng.random() < 0.4:
            return {"input.root": broken_bytes(rng, content)}
        import awkward as ak
        import uproot

        with uproot.open(io.BytesIO(content)) as file:
            about = str(file["nusim_run"])
            rows = file[tree].arrays(library="ak")
        if rng.random() < 0.4:
            about = json.dumps(broken_document(rng, json.loads(about)))
        else:
            rows = _broken_rows(rng, rows)
        with _root_file() as (path, file):
            lists = {name: rows[name] for name in rows.fields if rows[name].layout.is_list and not name.startswith(("Evt", "Std", "NuP"))}
            plain = {name: ak.to_numpy(rows[name]) for name in rows.fields if name not in lists}
            plain = {name: values.astype(np.float64) if values.dtype == np.float16 else values for name, values in plain.items()}
            kinds: dict[str, Any] = {name: np.dtype((values.dtype, values.shape[1:])) for name, values in plain.items()}
            kinds |= {name: values.type.content for name, values in lists.items()}
            file.mktree(tree, kinds).extend({**plain, **lists})
            if rng.random() < 0.95:
                file["nusim_run"] = about
            file.close()
            return {"input.root": path.read_bytes()}

    return broken


def _broken_rows(rng: Rng, rows: Any) -> Any:
    """An awkward table whose columns are changed, those of lists in their values or as a whole."""
    import awkward as ak

    name = pick(rng, rows.fields)
    values = rows[name]
    if rng.random() < 0.15:
        return rows[[other for other in rows.fields if other != name]]
    if not values.layout.is_list:
        changed = broken_columns(rng, {name: ak.to_numpy(values)})
        return ak.with_field(rows, changed[name], name) if name in changed else rows
    if rng.random() < 0.2:
        return ak.with_field(rows, values[:, : int(rng.integers(3))], name)
    if rng.random() < 0.1:
        return rows[:0]
    counts = ak.num(values)
    flat = broken_columns(rng, {name: ak.to_numpy(ak.flatten(values))})
    if name not in flat or flat[name].dtype == np.float16:  # which ROOT trees have not
        return rows
    return ak.with_field(rows, ak.unflatten(flat[name], counts), name)


def _parquet(rng: Rng, seeds: Seeds) -> Files:
    (content,) = pick(rng, seeds.events["parquet"]).values()
    return _broken_parquet(rng, content)


def _points(rng: Rng, seeds: Seeds) -> Files:
    return _broken_parquet(rng, seeds.points)


def _broken_parquet(rng: Rng, content: bytes) -> Files:
    if rng.random() < 0.4:
        return {"input.parquet": broken_bytes(rng, content)}
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(content))
    about = dict(table.schema.metadata)
    if rng.random() < 0.4:
        about[b"nusim"] = json.dumps(broken_document(rng, json.loads(about[b"nusim"]))).encode()
    else:
        columns = table.to_pydict()
        name = pick(rng, list(columns))
        way = int(rng.integers(5))
        if way == 0:
            del columns[name]
        elif way == 1:
            columns = {key: values[:0] for key, values in columns.items()}
        else:
            place = int(rng.integers(len(columns[name])))
            bad = pick(rng, (None, float("nan"), float("inf"), 1e300, -1, 0, 2**31 - 1, -(2**31)))
            if isinstance(columns[name][place], list):
                bad = pick(rng, ([], None, [bad], columns[name][place][:-1], [bad, *columns[name][place][1:]]))
            columns[name][place] = bad
        try:
            table = pa.table({key: pa.array(values, from_pandas=False) for key, values in columns.items()})
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            table = table.drop_columns([name])
    stream = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(about), stream)
    return {"input.parquet": stream.getvalue()}


def _info(path: Path) -> None:
    from nusim.io.inspect import info

    json.dumps(info(path))


def _read_events(path: Path) -> None:
    """`info` of a file, and `convert`; what only one of them refuses is refused."""
    from nusim.io.convert import convert

    refusal: NusimError | None = None
    try:
        _info(path)
    except NusimError as error:
        refusal = error
    output = path.with_name("output.hepmc3")
    try:
        convert(path, output)
    except NusimError as error:
        refusal = error
        assert not output.exists(), "a file under its final name of a run that was refused"
    finally:
        output.unlink(missing_ok=True)
    if refusal is not None:
        raise refusal


def _parts(rng: Rng, seeds: Seeds) -> Files:
    format = pick(rng, list(seeds.parts))
    halves = list(seeds.parts[format])
    which = int(rng.integers(2))
    halves[which] = broken_bytes(rng, halves[which]) if format == "parquet" else _broken_with_documents(rng, halves[which])
    return {f"input.{format}": halves[0], f"other.{format}": halves[1]}


def _merge(path: Path) -> None:
    from nusim.io.convert import merge

    merge([path, path.with_name("other" + path.suffix)], path.with_name("joint" + path.suffix))


def _drawn(rng: Rng, seeds: Seeds) -> Files:
    return _events_text(pick(rng, ("lhe", "hepmc3", "hepevt")))(rng, seeds)


def _plot(path: Path) -> None:
    from nusim.cli import plot_display, plot_events

    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        figure = str(path.with_name("figure.png"))
        plot_events.run(argparse.Namespace(file=str(path), output=figure, smear=False, seed=1, first=None))
        plot_display.run(argparse.Namespace(file=str(path), output=figure, event=0))


# contours


def _reach(suffix: str) -> Callable[[Rng, Seeds], Files]:
    def broken(rng: Rng, seeds: Seeds) -> Files:
        content = seeds.reach[suffix]
        if suffix == "csv":
            return {"input.csv": _broken_with_documents(rng, content)}
        if rng.random() < 0.4:
            return {"input.npz": broken_bytes(rng, content)}
        with np.load(io.BytesIO(content)) as arrays:
            columns = {name: arrays[name] for name in arrays.files}
        if rng.random() < 0.5:
            columns["header"] = np.array(json.dumps(broken_document(rng, json.loads(str(columns["header"])))))
        else:
            columns = broken_columns(rng, columns)
        stream = io.BytesIO()
        np.savez(stream, **columns)
        return {"input.npz": stream.getvalue()}

    return broken


def _contours(path: Path) -> None:
    from nusim.io.contours import read_reach

    read_reach(path)


def _plot_reach(path: Path) -> None:
    from nusim.cli.plot_reach import run

    run(argparse.Namespace(files=[str(path)], output=str(path.with_name("figure.png"))))


def _plot_corner(path: Path) -> None:
    from nusim.cli.plot_corner import run

    run(argparse.Namespace(file=str(path), columns=[], by="verdict", output=str(path.with_name("figure.png"))))


READERS = (
    Reader("model card", _card("model"), _model),
    Reader("experiment card", _card("experiment"), _experiment),
    Reader("beam card", _card("beam"), _beam),
    Reader("--set", _setting, _set, names_file=False),
    Reader("flux: csv", _flux_text("csv"), _flux),
    Reader("flux: mevprtl", _flux_text("mevprtl"), _flux),
    Reader("flux: dk2nu", _flux_root("dk2nu"), _flux),
    Reader("flux: gsimple", _flux_root("gsimple"), _flux),
    Reader("parent table", _table, _parents),
    Reader("events: lhe", _events_text("lhe"), _read_events),
    Reader("events: lhe.gz", _lhe_gz, _read_events),
    Reader("events: hepmc3", _events_text("hepmc3"), _read_events),
    Reader("events: hepevt", _events_text("hepevt"), _read_events),
    Reader("events: root", _events_root("root"), _read_events, share=0.5),
    Reader("events: rootracker", _events_root("rootracker"), _info),
    Reader("events: fairship", _events_root("fairship"), _info),
    Reader("events: parquet", _parquet, _read_events),
    Reader("merge", _parts, _merge),
    Reader("plot events, display", _drawn, _plot, share=0.1),
    Reader("reach: csv", _reach("csv"), _contours),
    Reader("reach: npz", _reach("npz"), _contours),
    Reader("plot corner", _points, _plot_corner, share=0.3),
    Reader("plot reach", _reach("csv"), _plot_reach, share=0.1),
)
