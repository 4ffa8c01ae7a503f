"""What the README shows works as it stands there."""

import re
from pathlib import Path

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_its_python_runs_from_top_to_bottom(tmp_path, monkeypatch, registry, capsys):
    monkeypatch.chdir(tmp_path)
    shared: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        exec(block, shared)
    assert "Tensor([[" in capsys.readouterr().out
    assert (tmp_path / "graph.svg").stat().st_size > 1000
    assert shared["loss"].item() < 0.1  # the network has learnt XOR


def test_its_first_two_shell_lines_are_the_whole_set_up():
    lines = re.search(r"```sh\n(.*?)```", README, re.DOTALL).group(1).strip().splitlines()
    assert len(lines) == 2 and lines[0].endswith("tinylm train") and "-m pytest" in lines[1]
    assert all(line.startswith("python3 -m venv") for line in lines)  # a system Python may refuse pip install (PEP 668)


def test_the_files_it_names_are_there():
    root = Path(__file__).parent.parent
    named = re.findall(r"`((?:tinylm|tests)/[\w/]+\.py)`", README) + re.findall(r"\]\(([\w/]+\.md)\)", README)
    assert len(named) > 6 and all((root / name).is_file() for name in named)
