"""Expected decays in SBND, and how they change with the mixing."""

import nusim

experiment = nusim.read_experiment("sbnd")
for mixing2 in (1e-9, 1e-8):
    spectrum = nusim.solve(nusim.read_model("hnl", set={"m4": 0.25, "mixing2.mu": mixing2}))
    rate = nusim.expected_events(spectrum, experiment)
    print(f"|U_mu|^2 = {mixing2:g}: {rate.events:.3g} +- {rate.stat_error:.1g} events, {rate.selected_events:.3g} selected")
    for parent, events in rate.by_parent.items():
        print(f"  from {parent}: {events:.3g}")
