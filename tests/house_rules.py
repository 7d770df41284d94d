"""House rules that no linter knows: lengths of functions and files, names of modules.

Run as ``python tests/house_rules.py``; prints every breach and exits with 1 if there is one.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MAX_FUNCTION, MAX_FILE = 60, 500
MAX_LINES = {"vosdesk/gui/main_window.py": 300}
FORBIDDEN_NAMES = {"utils", "misc", "helpers", "common"}


def breaches(path: Path) -> list[str]:
    """Return one sentence for each rule that the file breaks."""
    name = path.relative_to(ROOT).as_posix()
    text = path.read_text(encoding="utf-8")
    found = []
    limit = MAX_LINES.get(name, MAX_FILE)
    if (count := text.count("\n")) > limit:
        found.append(f"{name} has {count} lines; {limit} are allowed")
    if FORBIDDEN_NAMES & {path.stem, *path.parent.parts}:
        found.append(f"{name}: nothing is called {', '.join(sorted(FORBIDDEN_NAMES))}")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MAX_FUNCTION:
                found.append(f"{name}:{node.lineno} {node.name} has {length} lines")
    return found


def main() -> int:
    found = [line for path in sorted(ROOT.glob("vosdesk/**/*.py")) for line in breaches(path)]
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
