import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("prompts", "data", "curation", "training")
MAY_IMPORT = {
    "prompts": set(),
    "data": {"data"},
    "curation": {"curation", "data", "prompts"},
    "training": {"training", "data", "prompts"},
}


def packages_imported(source: str) -> set[str]:
    """Return the packages that a module imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            found.add(str(node.module).partition(".")[0])
    return found


def rooms_imported(source: str) -> set[str]:
    """Return which of our rooms a module imports."""
    return packages_imported(source) & {*ROOMS, "tests", "benchmarks"}


def test_the_reader_of_imports_finds_every_form():
    source = "import data.text\ndef f():\n    from training.model import M3\nif True:\n    import os, curation"
    assert rooms_imported(source) == {"data", "training", "curation"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_it_may(room):
    files = sorted((ROOT / room).rglob("*.py"))
    assert files
    for file in files:
        forbidden = rooms_imported(file.read_text(encoding="utf-8")) - MAY_IMPORT[room]
        assert not forbidden, f"{file.relative_to(ROOT)} imports {sorted(forbidden)}"


def test_curation_imports_no_torch():
    modules = [file.relative_to(ROOT).with_suffix("") for file in sorted((ROOT / "curation").rglob("*.py"))]
    code = "".join(f"import {'.'.join(module.parts)}\n" for module in modules if module.name[:2] != "__")
    code += "import curation.__main__, sys\nprint([m for m in ('torch', 'transformers') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_configurations_import_nothing_heavy():
    code = "import curation.command_config, curation.recorded, sys\n"
    code += "print([m for m in ('pyarrow', 'numpy', 'openai') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def declared(requirements: list[str]) -> set[str]:
    """Return the packages of pyproject's requirements by the names under which they are imported."""
    return {re.match(r"[\w-]+", line)[0].replace("-", "_") for line in requirements}


def test_every_package_that_is_imported_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    base = declared(project["dependencies"])
    train = base | declared(project["optional-dependencies"]["train"])
    for room in ROOMS:
        imported = {
            name for file in (ROOT / room).rglob("*.py") for name in packages_imported(file.read_text(encoding="utf-8"))
        }
        undeclared = imported - set(sys.stdlib_module_names) - {*ROOMS} - (train if room == "training" else base)
        assert not undeclared, f"{room} imports {sorted(undeclared)}, which pyproject.toml does not ask for"
