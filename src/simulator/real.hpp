// Functions of real numbers made of + - * / and the square root alone, which IEEE 754 rounds alike on every machine:
// the same seed gives the same callers everywhere, whatever mathematics library is installed.
#pragma once

namespace centrala::simulator::real {

double log(double x);    ///< of x > 0, normal
double exp(double x);    ///< 0 below -708, never infinite: above 709 as 709
double gamma(double x);  ///< of x >= 1
double arctangent(double x);
/// z such that a standard normal variable is below z with probability p; 0 < p < 1.
double normal_quantile(double p);
/// t such that Student's t with `degrees` degrees of freedom is below t with probability p; 0.5 < p < 1.
double student_quantile(unsigned degrees, double p);

}  // namespace centrala::simulator::real
