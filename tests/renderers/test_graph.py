"""The picture of the failing part."""

from __future__ import annotations

from itertools import combinations

from airproof.renderers.html.graph import MOST_BOXES, Box, Graph, graph_of
from airproof.renderers.parts.tree import Node, Tree


def drawn(roots: dict[str, Node]) -> Graph:
    graph = graph_of(Tree(roots, 0))
    assert graph is not None
    return graph


def chain(*names: str) -> dict[str, Node]:
    """Each needs the next; the last is missing."""
    first, *rest = names
    return {first: Node(chain(*rest), [])} if rest else {first: Node({}, ["here"])}


def at(graph: Graph) -> dict[str, Box]:
    return {box.name: box for box in graph.boxes}


def test_a_name_has_one_box_however_many_need_it() -> None:
    """A box stands right of all that need it, and only a missing one is marked."""
    graph = drawn({**chain("a", "b", "lost"), **chain("c", "lost")})
    boxes = at(graph)

    assert ["a", "b", "c", "lost"] == sorted(boxes)
    assert {("a", "b"), ("b", "lost"), ("c", "lost")} == {(above.name, below.name) for above, below in graph.lines}
    assert all(above.x + above.width < below.x for above, below in graph.lines)
    assert ["lost"] == [box.name for box in graph.boxes if box.missing]


def test_boxes_do_not_touch_and_stay_inside() -> None:
    """No two of them cover each other."""
    graph = drawn({name: Node(chain("long-name-of-a-project", f"gone-{name}"), []) for name in "abcdefg"})

    assert not any(
        one.x < other.x + other.width and other.x < one.x + one.width and abs(one.y - other.y) < 22
        for one, other in combinations(graph.boxes, 2)
    )
    assert all(0 <= box.x and box.x + box.width <= graph.width and 0 <= box.y for box in graph.boxes)
    assert max(box.y for box in graph.boxes) + 22 <= graph.height


def test_neighbours_stand_beside_each_other() -> None:
    """Lines do not cross where they need not."""
    boxes = at(drawn({"x": Node(chain("lost"), []), "y": Node(chain("gone"), []), "z": Node(chain("lost"), [])}))

    assert (boxes["gone"].y < boxes["lost"].y) == (boxes["y"].y < min(boxes["x"].y, boxes["z"].y))


def test_a_circle_ends() -> None:
    """A name that needs itself by way of another stands as far right as it is needed."""
    graph = drawn(chain("a", "b", "a", "lost"))

    assert ["a", "b", "lost"] == sorted(at(graph))
    assert ("a", "lost") in {(above.name, below.name) for above, below in graph.lines}


def test_too_much_is_no_picture() -> None:
    """The tree in words has it."""
    many = {f"n{number}": Node(chain("lost"), []) for number in range(MOST_BOXES)}

    assert graph_of(Tree(many, 0)) is None
    assert graph_of(Tree(chain("a", "lost"), 3)) is None
    assert graph_of(Tree(chain("lost"), 0)) is None
