// The functions of src/simulator/real.hpp against the mathematics library, whose errors are below one unit in the last
// place.
#include "simulator/real.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace centrala::simulator {
namespace {

constexpr double kAccuracy = 1e-14;  // relative

void expect_close(double actual, double expected, double at) {
    EXPECT_NEAR(actual, expected, kAccuracy * std::max(std::abs(expected), 1e-300)) << "at " << at;
}

TEST(Real, LogarithmAgreesFromTheSmallestDrawToLargeNumbers) {
    for (double x = 0x1p-53; x < 1e12; x *= 1.013) expect_close(real::log(x), std::log(x), x);
    for (double x = 0.5; x < 2; x += 1e-4) expect_close(real::log(x), std::log(x), x);
    expect_close(real::log(1 - 0x1p-53), std::log(1 - 0x1p-53), 1);
    EXPECT_EQ(real::log(1), 0);
}

TEST(Real, ExponentialAgreesOverItsRange) {
    for (double x = -700; x < 700; x += 0.0917) expect_close(real::exp(x), std::exp(x), x);
    EXPECT_EQ(real::exp(0), 1);
    EXPECT_EQ(real::exp(-1e9), 0);
    EXPECT_TRUE(std::isfinite(real::exp(1e9)));
}

TEST(Real, GammaAgreesForEveryShapeThatAScenarioCanHave) {
    for (double x = 1; x < 12; x += 0.0131) expect_close(real::gamma(x), std::tgamma(x), x);
}

TEST(Real, ArctangentAgrees) {
    for (double x = -1000; x < 1000; x += 0.317) expect_close(real::arctangent(x), std::atan(x), x);
}

TEST(Real, NormalQuantileInvertsTheDistribution) {
    for (double z = -8; z <= 8; z += 0.0173) {
        const double p = 0.5 * std::erfc(-z / std::sqrt(2.0));
        if (p > 0.999) continue;  // p itself isn't exact enough there
        EXPECT_NEAR(real::normal_quantile(p), z, 1e-13 * std::max(1.0, std::abs(z))) << z;
    }
    for (double p = 1e-6; p < 0.5; p *= 1.3) EXPECT_NEAR(real::normal_quantile(1 - p), -real::normal_quantile(p), 1e-9);
}

TEST(Real, StudentQuantileAgreesWithPrintedTables) {
    EXPECT_NEAR(real::student_quantile(1, 0.975), 12.706, 5e-4);
    EXPECT_NEAR(real::student_quantile(2, 0.975), 4.303, 5e-4);
    EXPECT_NEAR(real::student_quantile(9, 0.975), 2.262, 5e-4);
    EXPECT_NEAR(real::student_quantile(19, 0.975), 2.093, 5e-4);
    EXPECT_NEAR(real::student_quantile(39, 0.975), 2.023, 5e-4);
    EXPECT_NEAR(real::student_quantile(120, 0.995), 2.617, 5e-4);
    EXPECT_NEAR(real::student_quantile(100'000, 0.975), real::normal_quantile(0.975), 5e-5);
}

}  // namespace
}  // namespace centrala::simulator
