"""Three number systems with one set of operations: plain float64, rounded balls, and certified balls.

* `Plain`: float64, no error; for searching.
* `Rounded(dtype)`: pairs (middle, error). Every operation widens the error by what a correct implementation in that
  dtype may add to it, so that at the end |computed − exact| ≤ error for *any* evaluation order of the same formula.
  First-order running error analysis (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., §3.3), with
      a ⊕ b : e_a + e_b + u|a + b|
      a ⊗ b : |a|e_b + |b|e_a + e_a e_b + u|ab|
      Σ x_i : Σ e_i + u Σ_{k>1} (|x|₁ + … + |x|ₖ)     over |x_i| + e_i in falling order: no order of summing has larger
                                                      partial sums, each of which rounds once (op. cit. §4.2)
      exp, log, … : the propagated error + 4u|result|  the libraries' stated error (glibc, SLEEF, XLA: ≤ 4 ulp)
      tanh, expm1, sinh, erf: + 6u|result|             quotients of polynomials in XLA and Eigen: 4.7u and 5.8u measured
  plus η, the smallest number that the dtype keeps apart from 0, for underflow. A number beyond the dtype's largest
  has an infinite error: there an implementation may rightly return anything.
* `Certified`: `flint.arb` balls; the enclosure of the exact value is proven by the library.

An array of each system is an ndarray, a `Ball` of two ndarrays, or an object ndarray of `arb`.
"""

from harness.reference.certified import Certified
from harness.reference.formats import FORMATS, Floats, Mask, quantise
from harness.reference.plain import Plain
from harness.reference.rounded import Ball, Rounded

Arithmetic = Plain | Rounded

__all__ = ["FORMATS", "Arithmetic", "Ball", "Certified", "Floats", "Mask", "Plain", "Rounded", "quantise"]
