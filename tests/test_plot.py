import struct
import zlib

from tinylm.plot import plot_losses


def test_the_picture_is_a_whole_png(tmp_path):
    import matplotlib

    before = dict(matplotlib.rcParams)
    log = tmp_path / "log.csv"
    log.write_text("step,seconds,lr,training,held_out\n1,0.1,0.1,3.5,3.4\n9,0.2,0.1,2.5,\n9,0.3,0.1,,2.6\n",
                   encoding="utf-8")
    plot_losses(log, tmp_path / "loss.png", "bits per character")
    content = (tmp_path / "loss.png").read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    place, kinds = 8, []
    while place < len(content):
        (length,) = struct.unpack(">I", content[place:place + 4])
        kind, body = content[place + 4:place + 8], content[place + 8:place + 8 + length]
        (crc,) = struct.unpack(">I", content[place + 8 + length:place + 12 + length])
        assert crc == zlib.crc32(kind + body)
        kinds.append(kind)
        place += 12 + length
    assert kinds[0] == b"IHDR" and kinds[-1] == b"IEND"
    assert dict(matplotlib.rcParams) == before
    log.write_text("step,seconds,lr,training,held_out\n", encoding="utf-8")
    plot_losses(log, tmp_path / "loss.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.csv", "loss.png"]
