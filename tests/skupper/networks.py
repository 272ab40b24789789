"""Networks for property tests: any legal mix of clusters, peerings and site settings, small enough to search."""

from hypothesis import strategies as st

from reconcile.skupper.definitions import Cluster, Network, SiteDefinition, Strategy

NAMES = st.from_regex(r"[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,4})?", fullmatch=True)


@st.composite
def clusters(draw, most: int = 6) -> list[Cluster]:
    """Up to `most` clusters, public, private, internal or without spec, some of them peered."""
    names = draw(st.lists(NAMES, min_size=1, max_size=most, unique=True))
    return [
        Cluster(
            name=name,
            server_url=f"https://{name}.example.com",
            private=draw(st.sampled_from([False, False, True, None])),
            internal=draw(st.booleans()),
            vpc_peers=draw(st.frozensets(st.sampled_from(names), max_size=2)) - {name},
        )
        for name in names
    ]


@st.composite
def networks(draw, strategy: Strategy | None = None, most_sites: int = 12) -> Network:
    """A network of up to `most_sites` sites; nothing about it needs to be connected."""
    found = draw(clusters())
    places = draw(
        st.lists(
            st.tuples(st.sampled_from(found), NAMES),
            min_size=1,
            max_size=most_sites,
            unique_by=lambda place: (place[0].name, place[1]),
        )
    )
    sites = [
        SiteDefinition(cluster=cluster, namespace=namespace, config=draw(configs()), delete=draw(rarely()))
        for cluster, namespace in places
    ]
    return Network(
        identifier=draw(NAMES),
        version="1.9.6",
        settings={"image": "quay.io/skupper/site-controller"},
        strategy=strategy or draw(st.sampled_from(Strategy)),
        redundancy=draw(st.integers(1, 3)),
        sites=tuple(sites),
    )


def configs() -> st.SearchStrategy[dict[str, object]]:
    """Config of one site: mostly nothing, now and then edge or an ingress."""
    return st.sampled_from(
        [{}, {}, {}, {"edge": True}, {"edge": False}, {"ingress": "loadbalancer"}, {"ingress": "none"}]
    )


def rarely() -> st.SearchStrategy[bool]:
    return st.sampled_from([False] * 9 + [True])


def public_fleet(size: int, *, strategy: Strategy, redundancy: int = 2) -> Network:
    """A network of `size` interior sites on as many public clusters, where everyone reaches everyone."""
    sites = tuple(
        SiteDefinition(cluster=Cluster(f"cluster-{n:02}", f"https://c{n}", private=False), namespace="net")
        for n in range(size)
    )
    return Network(
        "fleet", "1.9.6", settings={"image": "image"}, strategy=strategy, redundancy=redundancy, sites=sites
    )
