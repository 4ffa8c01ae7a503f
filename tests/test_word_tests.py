import pytest

from tinylm.word_tests import JudgedPair, Question, read_pairs, read_questions


def test_questions(tmp_path):
    path = tmp_path / "questions.txt"
    path.write_text("a b c d\n: capital-common-countries\nAthens Greece  Baghdad Iraq\n\n: gram3 comparative\n"
                    "bad worse big bigger\n", encoding="utf-8")
    assert read_questions(path) == [
        Question("", ("a", "b", "c", "d")),
        Question("capital-common-countries", ("Athens", "Greece", "Baghdad", "Iraq")),
        Question("gram3 comparative", ("bad", "worse", "big", "bigger"))]


@pytest.mark.parametrize("text", [
    "Word 1\tWord 2\tHuman (mean)\ntiger\tcat\t7.35\nNew York\tcity\t-1\n",
    "\ufefftiger,cat,7.35,2\nNew York,city,-1\n",
    "word1\tword2\tPOS\tSimLex999\ntiger\tcat\tN\t7.35\t2.72\nNew York\tcity\tN\t-1.0\t1\n",
])
def test_pairs(tmp_path, text):
    path = tmp_path / "pairs.txt"
    path.write_text(text, encoding="utf-8")
    assert read_pairs(path) == [JudgedPair("tiger", "cat", 7.35), JudgedPair("New York", "city", -1.0)]


def test_pairs_between_blanks_and_comments(tmp_path):
    path = tmp_path / "pairs.txt"
    path.write_text("tiger cat 7.35\r\n# the end\r\n\r\ncord  smile .02\r\n", encoding="utf-8", newline="")
    assert read_pairs(path) == [JudgedPair("tiger", "cat", 7.35), JudgedPair("cord", "smile", 0.02)]


@pytest.mark.parametrize(("read", "content", "said"), [
    (read_questions, b"", "holds no analogy"), (read_questions, b": only a heading\n", "holds no analogy"),
    (read_questions, b"a b c d\na b c\n", "line 2: an analogy has four words"),
    (read_questions, b"a b c \xff\n", "not UTF-8: byte 6"),
    (read_pairs, b"", "holds no pair"), (read_pairs, b"a heading\n", "holds no pair"),
    (read_pairs, b"a b 1\na b c\n", "line 2: two words and a number"),
    (read_pairs, b"a b 1\na b nan\n", "line 2: two words and a number"),
    (read_pairs, b"a,b,1\n,b,1\n", "line 2: two words and a number"),
])
def test_bad_files(tmp_path, read, content, said):
    path = tmp_path / "file.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=said):
        read(path)
