"""What a unit forbids, our libraries do not need: tried by the kernel itself."""

import subprocess
import sys

import pytest

#: Says to the kernel what MemoryDenyWriteExecute=yes says, then does what a worker does.
DRAWING = """
import ctypes, errno, io, mmap, os, sys

REFUSE_EXEC_GAIN = 1
SET_MDWE, GET_MDWE = 65, 66
kernel = ctypes.CDLL(None, use_errno=True)
if kernel.prctl(SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0):
    sys.exit(f"kernel: {errno.errorcode[ctypes.get_errno()]}")
try:
    mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)
except OSError:
    pass
else:
    sys.exit("nothing was forbidden")

import argon2, nh3, psycopg, segno, zxcvbn
from cryptography.fernet import Fernet
from fontTools import subset
from lxml import etree
from PIL import Image
from xhtml2pdf import pisa

argon2.PasswordHasher().verify(argon2.PasswordHasher().hash("word"), "word")
Fernet(Fernet.generate_key()).encrypt(b"word")
segno.make("ST00012").save(io.BytesIO(), kind="png")
Image.new("RGB", (64, 64)).save(io.BytesIO(), "jpeg")
nh3.clean("<p>word</p>")
paper = io.BytesIO()
assert not pisa.CreatePDF("<p>Квитанция</p>", paper).err
assert paper.getvalue().startswith(b"%PDF")
print("drawn")
"""


def test_a_receipt_is_drawn_where_no_memory_is_both_written_and_run():
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DRAWING],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.stderr.strip() == "kernel: EINVAL":
        pytest.skip("this kernel is older than 6.3 and cannot be told")
    assert (done.returncode, done.stdout.strip()) == (0, "drawn"), done.stderr
