#!/usr/bin/python3
"""The kernels contain the instructions they claim, and nothing else in our objects needs more than x86-64-v1.

    instructions.py OBJDUMP OBJECT...

A function is allowed wider instructions when its name ends in the name of a kernel: `in_place_avx512`.
"""

import re
import subprocess
import sys

HEAD = re.compile(r"^[0-9a-f]+ <(.+)>:$")
BODY = re.compile(r"^\s+[0-9a-f]+:\t(\S+)\s*([^#<]*)")
# What a kernel must contain, and what it alone may contain.
CLAIMS = {"avx512": re.compile(r"%zmm"), "avx2": re.compile(r"%ymm"), "sse2": re.compile(r"%xmm")}
# The functions each must have: a kernel that got another name would go unseen.
MASK = {"in_place", "copy", "encode_short"}
FUNCTIONS = {"avx512": MASK | {"valid_prefix"}, "avx2": MASK | {"valid_prefix"}, "sse2": MASK}
WIDE_REGISTER = re.compile(r"%[yz]mm|%k[0-7]|%xmm(1[6-9]|2\d|3[01])")
# VEX and EVEX forms begin with v (but verr, verw, vmcall and the like do not compute); the rest is BMI, and SSE after 2.
# Not tzcnt: gcc writes it, as rep bsf, for every processor where the input is not zero, and one without BMI runs bsf.
WIDE_MNEMONIC = re.compile(
    r"^(v(?!er[rw]|m[a-z]*(call|launch|resume|off|on|func)$)|bzhi|pdep|pext|rorx|sarx|shlx|shrx|mulx|andn$|blsr|blsi|blsmsk"
    r"|bextr|lzcnt|popcnt|pshufb|palign|pabs|phadd|phsub|pmaddubsw|psign|pblend|blendv|blendp|ptest|pmov[sz]x|pmuldq"
    r"|pmulld|pcmpeqq|pcmpgtq|pcmp[ei]str|pextr[bdq]|pinsr[bdq]|pmin(sb|sd|uw|ud)|pmax(sb|sd|uw|ud)|packusdw|round[ps]|movbe"
    r"|crc32|aes|sha(1|256)|pclmul|lddqu|movddup|movs[lh]dup|haddp|hsubp|addsubp|movntdqa|insertps|extractps|dpp[sd])")


def functions(objdump, path):
    """Yields (name, [(mnemonic, operands)])."""
    listing = subprocess.run([objdump, "-d", "--no-show-raw-insn", path], check=True, capture_output=True, text=True)
    name, body = None, []
    for line in listing.stdout.splitlines():
        if head := HEAD.match(line):
            if name:
                yield name, body
            name, body = head.group(1), []
        elif instruction := BODY.match(line):
            body.append(instruction.groups())
    if name:
        yield name, body


def kernel_of(name):
    """The function and the kernel in a mangled name: each of our kernel functions ends in its kernel's name."""
    found = re.search(r"\d([a-z_]+)_(avx512|avx2|sse2)E[A-Za-z]", name)
    return found.groups() if found else (None, None)


def faults_of(name, body):
    _, kernel = kernel_of(name)
    if kernel and not any(CLAIMS[kernel].search(operands) for _, operands in body):
        yield f"{name}: claims {kernel} and has no instruction of it"
    if kernel in ("avx512", "avx2"):
        if kernel == "avx2" and any("%zmm" in operands or re.search(r"%k[0-7]", operands) for _, operands in body):
            yield f"{name}: claims avx2 and needs AVX-512"
        return
    for mnemonic, operands in body:
        if WIDE_MNEMONIC.match(mnemonic) or WIDE_REGISTER.search(operands):
            yield f"{name}: needs more than x86-64-v1: {mnemonic} {operands.strip()}"
            return


def main(objdump, *objects):
    seen, faults = {kernel: set() for kernel in CLAIMS}, []
    for path in objects:
        for name, body in functions(objdump, path):
            function, kernel = kernel_of(name)
            if kernel:
                seen[kernel].add(function)
            faults += [f"{path}: {fault}" for fault in faults_of(name, body)]
    for kernel, wanted in FUNCTIONS.items():
        faults += [f"no {function} of {kernel} in these objects" for function in sorted(wanted - seen[kernel])]
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"{len(objects)} objects, " + ", ".join(f"{len(functions)} functions of {kernel}" for kernel, functions in seen.items()))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
