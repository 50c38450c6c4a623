#!/usr/bin/env python3
"""Lets one call to the file system after the other fail (fault_shim.c): fail_calls.py EARSHOT SHIM WORK [AT_MOST].

Each time the command must end with exit code 5 and one sentence that tells the system's reason, or, where nothing
depends on the call, as if nothing had happened. Parts that were complete stay as they are: the next run, undisturbed,
does not make them again, and ends with the bytes of a run that always was. AT_MOST bounds the runs of each kind.
"""

import errno
import os
import sys
import tempfile

import killed_work

# calls, and what a file system answers; "from any": it goes read-only and stays so
FAULTS = [("fail fsync", errno.EIO), ("fail rename", errno.EIO), ("fail link", errno.EACCES), ("fail write", errno.ENOSPC),
          ("fail pwrite", errno.ENOSPC), ("fail open", errno.EMFILE), ("fail mkdir", errno.EACCES),
          ("fail unlink", errno.EACCES), ("fail rmdir", errno.EACCES), ("fail ftruncate", errno.EIO),
          ("from any", errno.EROFS)]
# What may do no harm: a file that stays for the next run to remove; HDF5 tries to open what it then creates.
HARMLESS = {"fail unlink", "fail rmdir", "fail open"}


def run(work, shim, fault):
    """What came of it, and whether any call met the fault."""
    met = work.at("met.txt")
    if os.path.exists(met):
        os.remove(met)
    done = killed_work.run(work.command(), work.folder,
                           env={**os.environ, "LD_PRELOAD": shim, "FAULT": fault, "FAULT_MET": met})
    return done, os.path.exists(met)


def parts(work):
    """Names and what renaming another file there would change."""
    folder = work.at("f.h5.parts")
    return {name: (os.stat(os.path.join(folder, name)).st_ino, os.stat(os.path.join(folder, name)).st_mtime_ns)
            for name in work.names("f.h5.parts") if name.startswith("part-") and name.endswith(".h5")}


def check_end(work, kind, fault, error, done):
    """Whether it ended with a sentence."""
    lines = done.stderr.splitlines()
    is_only_tidying = kind == "from any" and "f.h5" in work.names()
    if done.returncode == 0 and not lines and (kind in HARMLESS or is_only_tidying):
        return False
    told = [line for line in lines if line.startswith("earshot: error: ")]
    if done.returncode != 5 or len(told) != 1 or os.strerror(error) not in told[0]:
        sys.exit(f"{work.name}, {fault}: exit {done.returncode}, said: {done.stderr}")
    return True


def check_going_on(work, fault, kept):
    """The next run makes the missing parts alone; what a share does is looked at, since it joins nothing."""
    if work.name == "extract" and kept and "f.h5" not in work.names():
        killed_work.must_run(work.command() + ["--shard", "0/1"], work.folder)
        now = parts(work)
        again = [name for name, stamp in kept.items() if now.get(name) != stamp]
        if again:
            sys.exit(f"{work.name}, {fault}: made again: {again}")
    killed_work.must_run(work.command(), work.folder)
    wrong = work.differences()
    if wrong:
        sys.exit(f"{work.name}, {fault}: not the same afterwards, or still there: {wrong}")


def fail_each(work, shim, kind, error, at_most):
    """Call 1, 2, … of the kind fails, until there is none any more; how many ended with a sentence, and in all."""
    told = n = 0
    while n < at_most:
        fault = f"{kind} {1 + n} {error}"
        work.begin_anew()
        done, is_met = run(work, shim, fault)
        if not is_met:
            break
        told += check_end(work, kind, fault, error, done)
        n += 1
        check_going_on(work, fault, parts(work))
    return told, n


def main():
    earshot, shim, name = sys.argv[1:4]
    at_most = int(sys.argv[4]) if len(sys.argv) > 4 else 1000
    os.environ["EARSHOT_CUDA_PLUGIN"] = "none"
    with tempfile.TemporaryDirectory() as folder:
        work = killed_work.ALL[name](os.path.realpath(earshot), folder)
        for kind, error in FAULTS:
            told, n = fail_each(work, os.path.realpath(shim), kind, error, at_most)
            print(f"{name}: {kind}, {os.strerror(error)}: {n} runs, {told} of them ended with a sentence")


main()
