// Series after reduction of the argument; errors are a few units in the last place (tests/simulator/real_test.cpp).
#include "real.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace centrala::simulator::real {
namespace {

// ln 2 in two parts: the first has so few bits that its product with an exponent is exact.
constexpr double kLn2High = 6.93147180369123816490e-01;
constexpr double kLn2Low = 1.90821492927058770002e-10;
constexpr int kMantissaBits = 52;
constexpr std::int64_t kBias = 1023;

double power_of_two(std::int64_t exponent) {
    return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + kBias) << kMantissaBits);
}

template <std::size_t N>
double polynomial(const std::array<double, N>& coefficients, double x) {
    double sum = 0;
    for (std::size_t i = N; i-- > 0;) sum = sum * x + coefficients[i];
    return sum;
}

}  // namespace

double log(double x) {
    const auto bits = std::bit_cast<std::uint64_t>(x);
    auto exponent = static_cast<std::int64_t>(bits >> kMantissaBits) - kBias;
    double m = std::bit_cast<double>((bits & 0x000F'FFFF'FFFF'FFFFULL) | 0x3FF0'0000'0000'0000ULL);
    if (m > 1.4142135623730951) {
        m *= 0.5;
        ++exponent;
    }
    // ln m = 2 artanh((m-1)/(m+1)), |s| < 0.1716
    const double s = (m - 1) / (m + 1), s2 = s * s;
    double series = 0;
    for (int k = 23; k >= 3; k -= 2) series = (series + 1.0 / k) * s2;
    const auto e = static_cast<double>(exponent);
    return e * kLn2High + (e * kLn2Low + 2 * s * series + 2 * s);
}

double exp(double x) {
    if (x < -708) return 0;
    if (x > 709) x = 709;
    const double scaled = x / 0.6931471805599453;
    const auto k = static_cast<std::int64_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    const auto n = static_cast<double>(k);
    const double r = (x - n * kLn2High) - n * kLn2Low;  // |r| < 0.347
    double series = 1;
    for (int i = 14; i >= 1; --i) series = 1 + series * r / i;
    return k > 1023 ? series * 2 * power_of_two(k - 1) : series * power_of_two(k);
}

double gamma(double x) {
    double below = 1;
    for (; x < 12; x += 1) below *= x;
    // Stirling's series, Abramowitz & Stegun 6.1.40; its next term is below 1e-15 here.
    static constexpr std::array<double, 7> kSeries{1.0 / 12,   -1.0 / 360,         1.0 / 1260, -1.0 / 1680,
                                                   1.0 / 1188, -691.0 / 360'360.0, 1.0 / 156};
    constexpr double kHalfLn2Pi = 0.9189385332046728;
    return exp((x - 0.5) * log(x) - x + kHalfLn2Pi + polynomial(kSeries, 1 / (x * x)) / x) / below;
}

double arctangent(double x) {
    // Halved four times: |x| < 0.1.
    constexpr int kHalvings = 4;
    for (int i = 0; i < kHalvings; ++i) x = x / (1 + std::sqrt(1 + x * x));
    const double x2 = x * x;
    double series = 0;
    for (int k = 19; k >= 3; k -= 2) series = (1.0 / k - series) * x2;
    return x * (1 - series) * (1 << kHalvings);
}

/// Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics 37 (1988), PPND16.
double normal_quantile(double p) {
    static constexpr std::array<double, 8> kMiddleOver{
        3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
        4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3};
    static constexpr std::array<double, 8> kMiddleUnder{1.0,
                                                        4.2313330701600911252e1,
                                                        6.8718700749205790830e2,
                                                        5.3941960214247511077e3,
                                                        2.1213794301586595867e4,
                                                        3.9307895800092710610e4,
                                                        2.8729085735721942674e4,
                                                        5.2264952788528545610e3};
    static constexpr std::array<double, 8> kNearOver{
        1.42343711074968357734e0, 4.63033784615654529590e0,  5.76949722146069140550e0,  3.64784832476320460504e0,
        1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static constexpr std::array<double, 8> kNearUnder{1.0,
                                                      2.05319162663775882187e0,
                                                      1.67638483018380384940e0,
                                                      6.89767334985100004550e-1,
                                                      1.48103976427480074590e-1,
                                                      1.51986665636164571966e-2,
                                                      5.47593808499534494600e-4,
                                                      1.05075007164441684324e-9};
    static constexpr std::array<double, 8> kFarOver{
        6.65790464350110377720e0,  5.46378491116411436990e0,  1.78482653991729133580e0,  2.96560571828504891230e-1,
        2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static constexpr std::array<double, 8> kFarUnder{1.0,
                                                     5.99832206555887937690e-1,
                                                     1.36929880922735805310e-1,
                                                     1.48753612908506148525e-2,
                                                     7.86869131145613259100e-4,
                                                     1.84631831751005468180e-5,
                                                     1.42151175831644588870e-7,
                                                     2.04426310338993978564e-15};
    const double q = p - 0.5;
    if (q >= -0.425 && q <= 0.425) {
        const double r = 0.180625 - q * q;
        return q * polynomial(kMiddleOver, r) / polynomial(kMiddleUnder, r);
    }
    const double r = std::sqrt(-log(q < 0 ? p : 1 - p));
    const double z = r <= 5 ? polynomial(kNearOver, r - 1.6) / polynomial(kNearUnder, r - 1.6)
                            : polynomial(kFarOver, r - 5) / polynomial(kFarUnder, r - 5);
    return q < 0 ? -z : z;
}

namespace {

/// P(|T| < t), Abramowitz & Stegun 26.7.3 and 26.7.4.
double student_within(unsigned degrees, double t) {
    const double root = std::sqrt(degrees + t * t);
    const double sine = t / root, cosine2 = degrees / (root * root);
    double term = 1, sum = 1;
    for (unsigned k = degrees % 2 == 0 ? 1 : 2; k + 2 <= degrees; k += 2) {
        term *= cosine2 * k / (k + 1);
        sum += term;
    }
    if (degrees % 2 == 0) return sine * sum;
    constexpr double kTwoOverPi = 0.6366197723675814;
    const double cosine = std::sqrt(static_cast<double>(degrees)) / root;
    const double angle = arctangent(t / std::sqrt(static_cast<double>(degrees)));
    return kTwoOverPi * (degrees == 1 ? angle : angle + sine * cosine * sum);
}

}  // namespace

double student_quantile(unsigned degrees, double p) {
    double low = 0, high = 1;
    while (student_within(degrees, high) < 2 * p - 1) high *= 2;
    for (int i = 0; i < 100 && low < high; ++i) {
        const double middle = low + (high - low) / 2;
        (student_within(degrees, middle) < 2 * p - 1 ? low : high) = middle;
    }
    return high;
}

}  // namespace centrala::simulator::real
