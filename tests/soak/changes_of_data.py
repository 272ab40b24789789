"""Merge requests: sites, networks, config, clusters and policies are declared differently."""

from reconcile.skupper.definitions import ApprovedChange, Policy, Strategy
from reconcile.skupper.plan import SiteState
from tests.soak.data import NEWEST, PUBLIC, DeclaredNetwork, DeclaredSite
from tests.soak.fleet import SoakFleet
from tests.soak.table import event

MOST_SITES, MOST_NETWORKS = 46, 7


@event()
def a_site_joins(fleet: SoakFleet) -> str | None:
    key = fleet.choose(fleet.free())
    if key is None or len(fleet.data.declared) >= MOST_SITES:
        return None
    network = fleet.draw.choice(sorted(fleet.data.networks))
    fleet.data.networks[network].sites[key] = DeclaredSite()
    return f"{key} joins {network}"


@event()
def a_site_is_marked_delete(fleet: SoakFleet) -> str | None:
    key = fleet.choose(fleet.data.removable())
    if key is None:
        return None
    fleet.data.site(key).delete = True
    return f"{key} is marked delete"


@event()
def a_site_is_absent(fleet: SoakFleet) -> str | None:
    key = fleet.choose(fleet.data.removable())
    if key is None:
        return None
    network = fleet.data.wanted[key]
    del fleet.data.networks[network].sites[key]
    return f"{key} is taken out of {network} without a word"


@event()
def a_site_moves(fleet: SoakFleet) -> str | None:
    key = fleet.choose(fleet.data.removable())
    if key is None:
        return None
    name = fleet.data.wanted[key]
    old = fleet.data.networks[name]
    others = sorted(
        other
        for other, network in fleet.data.networks.items()
        if other != name and network.version >= old.version  # Skupper refuses an older version
    )
    if not others:
        return None
    new = fleet.draw.choice(others)
    old.hand_over(key, fleet.data.networks[new])
    fleet.broken.add(key)
    return f"{key} moves to {new}"


@event(first=True)
def removals_over_the_budget_wait_for_an_approval(fleet: SoakFleet) -> str | None:
    removable = fleet.data.removable(3)
    network = fleet.draw.choice(sorted({fleet.data.wanted[key] for key in removable})) if removable else ""
    found = sorted(key for key in removable if fleet.data.wanted[key] == network)
    if len(found) < 3:
        return None
    chosen = fleet.draw.sample(found, 3)
    for key in chosen:
        fleet.data.site(key).delete = True
    fleet.begin()
    held = fleet.run(budget=2)
    assert "removal-budget" in held.errors, held.errors
    assert all(map(fleet.exists, chosen))
    fleet.data.networks[network].approved.update(chosen)
    fleet.begin()
    return f"{', '.join(map(str, chosen))} are marked delete over the budget, then approved"


@event()
def a_network_is_added(fleet: SoakFleet) -> str | None:
    free = [key for key in fleet.free() if key.cluster in PUBLIC]
    if len(fleet.data.networks) >= MOST_NETWORKS or len(free) < 2:
        return None
    keys = fleet.draw.sample(sorted(free), 2)
    name = f"new-{fleet.next_serial()}"
    strategy = fleet.draw.choice(list(Strategy))
    fleet.data.networks[name] = DeclaredNetwork({key: DeclaredSite() for key in keys}, strategy)
    return f"network {name} of {', '.join(map(str, keys))} is added"


@event()
def a_network_is_deleted(fleet: SoakFleet) -> str | None:
    added = sorted(name for name in fleet.data.networks if name.startswith("new-"))
    if not added:
        return None
    name = fleet.draw.choice(added)
    network = fleet.data.networks[name]
    for site in network.sites.values():
        site.delete = True
    network.approved.update(network.sites)
    return f"all of network {name} is marked delete, and approved"


@event()
def the_config_of_a_network_changes(fleet: SoakFleet) -> str:
    name = fleet.draw.choice(sorted(fleet.data.networks))
    level = fleet.draw.choice(["info+", "warning+", "error+"])
    fleet.data.networks[name].config["routerLogging"] = level
    return f"routerLogging of network {name} is {level}"


@event()
def the_config_of_a_site_changes(fleet: SoakFleet) -> str | None:
    key = fleet.choose(fleet.data.wanted)
    if key is None:
        return None
    fleet.data.site(key).config["routerPodAnnotations"] = {"example.com/serial": str(fleet.next_serial())}
    return f"routerPodAnnotations of {key} change"


@event(weight=0.5)
def the_memory_of_a_site_changes(fleet: SoakFleet) -> str | None:
    """Which recreates its Deployments."""
    key = fleet.choose(fleet.whole())
    if key is None:
        return None
    memory = f"{300 + fleet.next_serial()}Mi"
    fleet.data.site(key).config["routerMemory"] = memory
    fleet.broken.add(key)
    return f"routerMemory of {key} is {memory}"


@event(weight=0.5)
def a_site_gets_another_name(fleet: SoakFleet) -> str | None:
    """Which recreates it, since that is approved."""
    key = fleet.choose(fleet.whole())
    if key is None:
        return None
    name = f"renamed-{fleet.next_serial()}"
    fleet.data.site(key).config["name"] = name
    fleet.data.networks[fleet.data.wanted[key]].approve(ApprovedChange.RECREATE, key)
    fleet.broken.add(key)
    return f"the name of {key} is {name}, and a new site is approved"


@event(weight=0.3)
def a_network_gets_a_newer_version(fleet: SoakFleet) -> str | None:
    """One site after the other: none of them has to lose both of two paths, so none counts as broken."""
    small = sorted(
        name
        for name, network in fleet.data.networks.items()
        if network.version < NEWEST and len(network.sites) <= 7
    )
    if not small:
        return None
    network = fleet.data.networks[name := fleet.draw.choice(small)]
    line, _, patch = network.version.rpartition(".")
    network.version = f"{line}.{int(patch) + 1}"
    return f"siteController.version of network {name} is {network.version}"


@event()
def a_network_changes_its_strategy(fleet: SoakFleet) -> str:
    name = fleet.draw.choice(sorted(fleet.data.networks))
    network = fleet.data.networks[name]
    small = len(network.sites) <= 7
    network.strategy = (
        Strategy.MESH if small and network.strategy is Strategy.REDUNDANT else Strategy.REDUNDANT
    )
    return f"strategy of network {name} is {network.strategy}"


@event()
def a_policy_is_declared(fleet: SoakFleet) -> str | None:
    key = fleet.choose(fleet.data.wanted)
    if key is None:
        return None
    policy = Policy(f"policy-{fleet.next_serial()}", allow_incoming_links=True, allowed_services=("*",))
    fleet.data.site(key).policies = (policy,)
    return f"{key} refers to {policy.identifier}"


@event()
def a_policy_is_removed(fleet: SoakFleet) -> str | None:
    key = fleet.choose(key for key in fleet.data.wanted if fleet.data.site(key).policies)
    if key is None:
        return None
    fleet.data.site(key).policies = ()
    return f"{key} refers to no policy any more"


@event(first=True, weight=0.2)
def a_cluster_is_private_by_mistake(fleet: SoakFleet) -> str:
    """Sites that are there stay interior until somebody recreates them, so the mistake is named and changes nothing."""
    name = fleet.draw.choice(PUBLIC)
    fleet.data.private.add(name)
    fleet.begin()
    result = fleet.run(wait=5)
    assert "exposed-site" in result.errors, result.errors
    fleet.data.private.remove(name)
    fleet.begin()
    return f"cluster {name} is private for one run"


@event(first=True)
def a_cluster_disables_the_integration(fleet: SoakFleet) -> str:
    name = fleet.draw.choice("abcdpq")
    fleet.data.disabled.add(name)
    fleet.begin()
    result = fleet.run(wait=5)
    skipped = {site.key.cluster for site in result.outcome.plan.sites if site.state is SiteState.SKIPPED}
    assert (skipped, result.requests.get(name)) == ({name}, None), result.requests
    fleet.data.disabled.remove(name)
    fleet.begin()
    return f"cluster {name} disables the integration for one run"
