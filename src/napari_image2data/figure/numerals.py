"""Numbers out of printed labels: what a text may stand for, and how likely that is."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_MINUS_SIGNS = "−–—‒﹣－‐‑"
_LOOK_ALIKES = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "|": "1", "S": "5", "B": "8"})
_SUFFIXES = {
    "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "B": 1e9, "T": 1e12,
    "m": 1e-3, "µ": 1e-6, "μ": 1e-6, "u": 1e-6, "n": 1e-9, "p": 1e-12,
    "%": 1.0, "°": 1.0, "º": 1.0, "C": 1.0, "s": 1.0,
}  # fmt: skip
_UNIT = r"(?:dBm?|°[CF]|[hkM]?Pa|[mck]m|[kMG]?Hz|k?eV|mV|ms|pp[mb])"
_LEADING_ZERO = 0.2
_NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)"


@dataclass(frozen=True)
class Reading:
    """One number that a label may stand for.

    Attributes
    ----------
    value : float
    penalty : float
        0 for the text as read; more the more has to be assumed (a lost sign, a lost point).
    is_power : bool
        Written as a power of ten, as log axes do.
    """

    value: float
    penalty: float = 0.0
    is_power: bool = False


def _clean(text: str) -> str:
    text = "".join(text.split())
    for sign in _MINUS_SIGNS:
        text = text.replace(sign, "-")
    for old, new in (("×", "x"), ("·", "."), ("，", ","), ("。", "."), ("：", ":"), ("＋", "+")):
        text = text.replace(old, new)
    return text


def readings_of(text: str) -> tuple[Reading, ...]:
    """Every number that ``text`` may stand for, the likeliest first; empty when it is no number.

    Understood are signs of every kind, decimals, thousands separators, ``1e-3``, ``10^-5`` and
    ``3x10^5`` with superscripts, percent, degrees with N, S, E or W, SI suffixes, a unit behind the
    number (dB, hPa, km), multiples of pi, and what text recognition commonly loses: the sign, the
    decimal point, a tick mark glued on.

    Examples
    --------
    >>> [reading.value for reading in readings_of("−2.5")]
    [-2.5, 2.5]
    >>> readings_of("10⁻³")[0]
    Reading(value=0.001, penalty=0.0, is_power=True)
    >>> readings_of("40°W")[0].value, readings_of("3k")[0].value, readings_of("Longitude")
    (-40.0, 3000.0, ())
    """
    cleaned = _clean(text)
    if not cleaned or len(cleaned) > 16:
        return ()
    found = _powers(cleaned)
    if any(reading.penalty == 0 for reading in found):
        return tuple(found)
    found += _plain(cleaned)
    best: dict[float, Reading] = {}
    for reading in found:
        known = best.get(reading.value)
        if known is None or reading.penalty < known.penalty:
            best[reading.value] = reading
    return tuple(sorted(best.values(), key=lambda reading: reading.penalty))


def _powers(text: str) -> list[Reading]:
    found = []
    mantissa = rf"(?:(-?{_NUMBER})[x.*])?"
    match = re.fullmatch(rf"([-+]?){mantissa}10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+)", text)
    if match:
        exponent = match.group(3).translate(_SUPERSCRIPTS)
        if re.fullmatch(r"[-+]?\d{1,2}", exponent):
            found.append(Reading(_power(match.group(1), match.group(2), exponent), 0.0, True))
            if exponent[0] not in "-+":
                value = _power(match.group(1), match.group(2), "-" + exponent)
                found.append(Reading(value, 0.5, True))
        return found
    match = re.fullmatch(rf"([-+]?){mantissa}1[0oO](\^?)\{{?([-+]?\d{{1,2}})\}}?", text)
    if match:
        exponent, marked = match.group(4), bool(match.group(3)) or match.group(4)[0] in "-+"
        marked = marked or bool(match.group(2))
        # 2.103 is a decimal number first; only then 2 x 10 to the 3 whose dot stands for a sign
        unlikely = 0.6 if re.fullmatch(rf"[-+]?{_NUMBER}", text) and "." in text else 0.0
        value = _power(match.group(1), match.group(2), exponent)
        found.append(Reading(value, unlikely if marked else 0.4, True))
        if exponent[0] not in "-+":
            value = _power(match.group(1), match.group(2), "-" + exponent)
            found.append(Reading(value, 0.6 + unlikely, True))
    match = re.fullmatch(r"([-+]?)1[0oO]\^(\d)", text)
    if match:
        # a slanted or blurred 100 may look as if its last digit were raised
        found.append(Reading(float(f"{match.group(1)}10{match.group(2)}"), 0.25))
    match = re.fullmatch(r"([-+]?)10[°º*\"'o]", text)
    if match:
        found.append(Reading(_power(match.group(1), None, "0"), 0.1, True))
    if text == "10":
        found.append(Reading(1.0, 0.8, True))
    return found


def _power(sign: str, mantissa: str | None, exponent: str) -> float:
    value = (float(mantissa) if mantissa else 1.0) * 10.0 ** int(exponent)
    return -value if sign == "-" else value


def _plain(text: str) -> list[Reading]:
    match = re.fullmatch(r"([-+]?)(\d*\.?\d*)π(?:/(\d))?", text)
    if match:
        factor = float(match.group(2)) if re.search(r"\d", match.group(2)) else 1.0
        value = factor * math.pi / float(match.group(3) or 1)
        value = -value if match.group(1) == "-" else value
        return [Reading(value), Reading(-value, 0.5)]
    looks = text.translate(_LOOK_ALIKES)
    assumed = 0.0 if looks == text else 0.15
    match = re.fullmatch(rf"([-+]?{_NUMBER})[eE]([-+]?\d{{1,3}})", looks)
    if match:
        return [Reading(float(match.group(1)) * 10.0 ** int(match.group(2)), assumed)]
    found = _number(text)
    if not found and assumed:
        found = [Reading(reading.value, reading.penalty + assumed) for reading in _number(looks)]
    if not found:
        # a tick mark glued to the label reads as a dash, after it or before it
        match = re.fullmatch(r"(.*\d[%°]?)[-_~.]+", looks) or re.fullmatch(r"[-_~.](-.*)", looks)
        if match:
            found = [Reading(r.value, r.penalty + 0.1) for r in _number(match.group(1))]
    return found


def _number(text: str) -> list[Reading]:
    with_unit = re.fullmatch(rf"(.*\d\.?){_UNIT}", text)
    body, factor, sign = with_unit.group(1) if with_unit else text, 1.0, 1.0
    match = re.fullmatch(r"(.*\d\.?)[°º]?([NSEWnsew])", body)
    if match:
        body, sign = match.group(1), -1.0 if match.group(2) in "SWsw" else 1.0
        body = body.rstrip("°º")
    else:
        match = re.fullmatch(r"(.*\d\.?)([^\d.,])", body)
        if match and match.group(2) in _SUFFIXES:
            body, factor = match.group(1), _SUFFIXES[match.group(2)]
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", body):
        plain = body.replace(",", "")
        extra = []
        if re.fullmatch(r"[-+]?\d{1,3},\d{3}", body):
            extra = [Reading(sign * factor * float(body.replace(",", ".")), 0.3)]
    elif re.fullmatch(r"[-+]?\d*,\d+", body):
        plain, extra = body.replace(",", "."), []
    else:
        plain, extra = body, []
    if not re.fullmatch(rf"[-+]?{_NUMBER}", plain):
        return []
    value = sign * factor * float(plain)
    # rounding a product keeps -0.3 from becoming -0.30000000000000004
    value = float(f"{value:.12g}")
    digits = plain.lstrip("+-")
    # nobody prints 05 for 5 but on clocks: the point was lost
    lost_point = digits[:1] == "0" and "." not in digits and len(digits) >= 2
    found = [Reading(value, _LEADING_ZERO if lost_point else 0.0), *extra]
    if value != 0:
        found.append(Reading(-value, 0.5))
    if "." not in digits and len(digits) >= 2:
        if lost_point:
            lost = math.copysign(float("0." + digits[1:]), value) if value else 0.0
            found.append(Reading(-abs(lost) if plain[0] == "-" else lost, 0.1))
        found.append(Reading(value / 10, 0.6))
        if len(digits) >= 3:
            found.append(Reading(value / 100, 0.7))
    return found
