"""Two kinds of import contract that import-linter lacks. pyproject.toml says what they hold.

Its own kinds forbid what somebody thought of. These let through what somebody named, so that a room that
is built tomorrow is closed to those who have no business there until a list says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.contracts.layers import Layer, LayersContract


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


class AllowList(Contract):
    """What some packages import is on a list, or it is their own.

    importers   the packages, or patterns of their names
    ours        what of this project they may import, each with all that is inside
    others      what of the standard library and of third parties; `*` for anything
    """

    type_name = "allow_list"

    importers = fields.ListField(subfield=fields.StringField())
    ours = fields.ListField(subfield=fields.StringField(), required=False)
    others = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Look at each import that a listed package makes itself."""
        refused = sorted(
            (module, imported, _line(graph, module, imported))
            for module, package in self._held(graph)
            for imported in graph.find_modules_directly_imported_by(module)
            if not _within(imported, package) and not self._named(graph, imported)
        )
        return ContractCheck(kept=not refused, metadata={"refused": refused})

    def _held(self, graph: ImportGraph) -> Iterator[tuple[str, str]]:
        """Each module that is held to the list, with the listed package that it is in."""
        for pattern in self.importers:  # type: ignore[attr-defined]
            depth = pattern.count(".") + 1
            found = False
            for module in graph.modules:
                package = ".".join(module.split(".")[:depth])
                if fnmatchcase(package, pattern) and not graph.is_module_squashed(module):
                    found = True
                    yield module, package
            if not found:
                message = f"no package is called {pattern}"
                raise ValueError(message)

    def _named(self, graph: ImportGraph, imported: str) -> bool:
        if graph.is_module_squashed(imported):
            return any(fnmatchcase(imported, each) for each in self.others)  # type: ignore[attr-defined]
        return any(_within(imported, each) for each in self.ours or ())  # type: ignore[union-attr]

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name each import, as an editor would find it."""
        for module, imported, line in check.metadata["refused"]:
            output.print_error(f"- {module} imports {imported} (l.{line}), which no list lets it", bold=False)
        output.new_line()


def _line(graph: ImportGraph, importer: str, imported: str) -> int:
    return min(each["line_number"] for each in graph.get_import_details(importer=importer, imported=imported))


class House(LayersContract):
    """Layers in which every module of ours stands.

    A package above its layers (`nextvisit` itself) need not, as long as it imports nothing.
    """

    type_name = "house"

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Ask the layers, then look for who stands outside."""
        rooms = {tail.name for layer in _layers(self) for tail in layer.module_tails}
        outside = {
            module
            for module in graph.modules
            if not graph.is_module_squashed(module)
            and not any(_within(module, room) for room in rooms)
            and not _is_only_a_roof(graph, module, rooms)
        }
        checked = super().check(graph, verbose)
        checked.kept = checked.kept and not outside
        checked.metadata["outside"] = sorted(outside)
        return checked

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name the modules that stand nowhere, then what the layers say."""
        for module in check.metadata["outside"]:
            output.print_error(
                f"- {module} stands in no layer: give it its place in pyproject.toml", bold=False
            )
        output.new_line()
        super().render_broken_contract(check)


def _layers(contract: Any) -> list[Layer]:
    return list(contract.layers)


def _is_only_a_roof(graph: ImportGraph, module: str, rooms: set[str]) -> bool:
    above = any(_within(room, module) for room in rooms)
    return above and not graph.find_modules_directly_imported_by(module)
