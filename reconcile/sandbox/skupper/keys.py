"""Cheap private keys: every certificate gets its own, and a dozen sites must not cost seconds.

Finding primes makes RSA keys expensive. A few primes, combined pairwise and with several exponents, give many distinct
keys: each expensive key adds two primes, hence 2·(primes so far)+1 pairs, and each pair as many keys as there are
exponents. Such keys share factors and are worthless as secrets.
"""

import threading
from collections import deque
from itertools import product

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

_BITS = 2048
_EXPONENTS = (65537, 65539, 65543, 65551, 65557, 65563, 65579, 65581)
"""Primes above 2^16, as small as any library accepts."""


class KeyRing:
    """Generates distinct RSA keys of 2048 bits. Thread-safe."""

    def __init__(self) -> None:
        self._primes: list[int] = []
        self._ready: deque[tuple[int, int, int]] = deque()
        self._lock = threading.Lock()

    def take(self) -> rsa.RSAPrivateKey:
        """Return a key that was not returned before."""
        with self._lock:
            if not self._ready:
                self._grow()
            numbers = self._ready.popleft()
        return _combine(*numbers)

    def _grow(self) -> None:
        numbers = rsa.generate_private_key(_EXPONENTS[0], _BITS).private_numbers()
        for prime in (numbers.p, numbers.q):
            self._ready.extend(
                (prime, known, exponent)
                for known, exponent in product(self._primes, _EXPONENTS)
                if (prime - 1) % exponent and (known - 1) % exponent
            )
            self._primes.append(prime)


def to_pem(key: rsa.RSAPrivateKey) -> bytes:
    """Return the key as PKCS#1 PEM, the only form that Skupper 1.9 reads."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def _combine(first: int, second: int, exponent: int) -> rsa.RSAPrivateKey:
    p, q = max(first, second), min(first, second)
    d = pow(exponent, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=d,
        dmp1=rsa.rsa_crt_dmp1(d, p),
        dmq1=rsa.rsa_crt_dmq1(d, q),
        iqmp=pow(q, -1, p),
        public_numbers=rsa.RSAPublicNumbers(exponent, p * q),
    )
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


RING = KeyRing()
"""The keys of this process."""
