"""Drawing the tree of a message on a terminal."""

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from gbcs_hil.gbcs.node import Node

_SHOWN_OCTETS = 8
# Wide enough for every line; what is not a terminal gets lines as long as they are.
_UNLIMITED = 1000


def show(console: Console, node: Node) -> None:
    """Print a tree, one line to a part; a terminal folds those that are too wide for it."""
    if console.is_terminal:
        console.print(render(node), overflow="fold")
        return
    options = console.options.update(width=_UNLIMITED, no_wrap=True)
    for line in console.render_lines(render(node), options, pad=False):
        console.out("".join(segment.text for segment in line), highlight=False)


def render(node: Node) -> Tree:
    """Return a tree for `rich` to print: names bold and aligned, values, octets dim."""
    tree = Tree(_label(node, 0), guide_style="dim")
    _grow(tree, node)
    return tree


def _grow(tree: Tree, node: Node) -> None:
    width = max((len(child.name) for child in node.children), default=0)
    for child in node.children:
        _grow(tree.add(_label(child, width)), child)


def _label(node: Node, width: int) -> Text:
    label = Text(node.name.ljust(width), style="bold")
    if node.value:
        label.append(f"  {node.value}", style="not bold")
    return label.append(_octets(node), style="not bold dim")


def _octets(node: Node) -> str:
    """Return where a part is, and its octets if a person might want to compare them."""
    if not node.octets:
        return ""
    if node.children or len(node.octets) > 2 * _SHOWN_OCTETS:
        start = node.octets[:_SHOWN_OCTETS].hex().upper()
        rest = "" if node.children else f" {start}…"
        return f"  @{node.offset}{rest} {len(node.octets)} octets"
    return f"  @{node.offset} {node.octets.hex().upper()}"
