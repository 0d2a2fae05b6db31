#include "load/distribution.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>

#include "base/check.h"
#include "base/units.h"
#include "load/words.h"

namespace ringstorm {
namespace {

constexpr std::array<std::string_view, 5> kShapes{"fixed", "uniform", "exponential", "lognormal",
                                                  "quantiles"};
constexpr std::string_view kExpected =
    "a distribution: fixed, uniform, exponential, lognormal or quantiles, or a time such as 2ms";
constexpr std::size_t kMostPoints = 1000;
constexpr double kLargestSigma = 10;

template <std::size_t N>
double polynomial(const std::array<double, N>& coefficients, double x) {
  double sum = 0;
  for (const double c : coefficients) sum = sum * x + c;
  return sum;
}

/// The quantile of the normal distribution for 0 < q <= 0.5: P. J. Acklam's rational approximation (relative
/// error 1.15e-9), made exact to the last digits by one step of Halley's method.
double lower_normal_quantile(double q) {
  constexpr std::array kNumerator{-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                                  1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  constexpr std::array kDenominator{-5.447609879822406e+01, 1.615858368580409e+02,  -1.556989798598866e+02,
                                    6.680131188771972e+01,  -1.328068155288572e+01, 1.0};
  constexpr std::array kTailNumerator{-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                                      -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  constexpr std::array kTailDenominator{7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                                        3.754408661907416e+00, 1.0};
  constexpr double kTail = 0.02425;
  double x = 0;
  if (q < kTail) {
    const double r = std::sqrt(-2 * std::log(q));
    x = polynomial(kTailNumerator, r) / polynomial(kTailDenominator, r);
  } else {
    const double centred = q - 0.5;
    const double r = centred * centred;
    x = polynomial(kNumerator, r) * centred / polynomial(kDenominator, r);
  }
  const double error = 0.5 * std::erfc(-x / std::numbers::sqrt2) - q;
  const double step = error * std::sqrt(2 * std::numbers::pi) * std::exp(x * x / 2);
  return x - step / (1 + x * step / 2);
}

double normal_quantile(double q) {
  if (q <= 0) return -HUGE_VAL;
  if (q >= 1) return HUGE_VAL;
  return q <= 0.5 ? lower_normal_quantile(q) : -lower_normal_quantile(1 - q);
}

double nanoseconds_of(Duration duration) {
  return static_cast<double>(duration.count());
}

Duration rounded(double nanoseconds) {
  if (!(nanoseconds < nanoseconds_of(Distribution::kLongest))) return Distribution::kLongest;
  return Duration{std::llround(nanoseconds)};
}

}  // namespace

/// Takes a distribution's text apart. The first mistake ends it.
class DistributionReader {
 public:
  explicit DistributionReader(std::string_view text) : words_(text) {}

  Result<Distribution> read() && {
    const std::string_view name = words_.peek();
    if (parse_duration(name)) {
      read_time(result_.low_, "a time such as 2ms");
    } else {
      words_.take();
      read_shape(name);
    }
    if (!error_ && !words_.empty())
      error_ = unexpected(words_.rest(), "nothing more", "a time is written without a space, such as 2ms");
    if (error_) return *error_;
    return std::move(result_);
  }

 private:
  void read_shape(std::string_view name) {
    const auto found = std::find(kShapes.begin(), kShapes.end(), name);
    if (found == kShapes.end()) {
      error_ = unknown_name(name, kExpected, kShapes);
      return;
    }
    result_.shape_ = static_cast<Distribution::Shape>(found - kShapes.begin());
    switch (result_.shape_) {
      case Distribution::Shape::fixed: return read_time(result_.low_, "fixed and a time such as 2ms");
      case Distribution::Shape::uniform: return read_uniform();
      case Distribution::Shape::exponential: return read_time(result_.low_, "the mean, a time such as 2ms");
      case Distribution::Shape::lognormal: return read_lognormal();
      case Distribution::Shape::quantiles: return read_points();
    }
  }

  void read_time(Duration& time, std::string_view expected) {
    if (error_) return;
    const std::string_view word = words_.take();
    const auto parsed = parse_duration(word);
    if (!parsed) {
      error_ = unexpected(word, expected);
    } else if (*parsed >= Distribution::kLongest) {
      error_ = unexpected(word, "a time below 720 h");
    } else {
      time = *parsed;
    }
  }

  void read_uniform() {
    read_time(result_.low_, "the shortest and the longest time, such as uniform 1ms 5ms");
    read_time(result_.high_, "the longest time, such as uniform 1ms 5ms");
    if (!error_ && result_.high_ < result_.low_)
      error_ = unexpected(exact_duration(result_.high_),
                          "the longest time to be no shorter than " + exact_duration(result_.low_));
  }

  void read_lognormal() {
    read_time(result_.low_, "the median, a time such as 2ms");
    if (error_) return;
    const std::string_view word = words_.take();
    const auto sigma = parse_number(word);
    if (!sigma || *sigma > kLargestSigma)
      error_ = unexpected(word, "sigma, a number from 0 to 10, such as lognormal 2ms 0.5");
    result_.sigma_ = sigma.value_or(0);
  }

  void read_points() {
    constexpr std::string_view kPoint =
        "points of a share and a time, from 0 to 1, such as quantiles 0:1ms 0.99:10ms 1:50ms";
    if (words_.empty()) error_ = unexpected("", kPoint);
    while (!error_ && !words_.empty()) {
      const std::string_view word = words_.take();
      const std::size_t colon = word.find(':');
      const auto q = parse_number(word.substr(0, colon));
      const auto time =
          colon == std::string_view::npos ? std::nullopt : parse_duration(word.substr(colon + 1));
      if (!q || !time || *q > 1 || *time >= Distribution::kLongest) {
        error_ = unexpected(word, kPoint);
      } else {
        add_point(word, {*q, *time});
      }
    }
    if (!error_ && result_.points_.back().q != 1)
      error_ = unexpected(exact_number(result_.points_.back().q), "the last point to be at 1");
  }

  void add_point(std::string_view word, Distribution::Point point) {
    std::vector<Distribution::Point>& points = result_.points_;
    if (points.empty() && point.q != 0) {
      error_ = unexpected(word, "the first point to be at 0");
    } else if (!points.empty() && (point.q <= points.back().q || point.value < points.back().value)) {
      error_ = unexpected(word, "points that ascend, in their shares and in their times");
    } else if (points.size() == kMostPoints) {
      error_ = unexpected(word, "at most 1,000 points");
    } else {
      points.push_back(point);
    }
  }

  Words words_;
  Distribution result_;
  std::optional<Error> error_;
};

Result<Distribution> Distribution::parse(std::string_view text) {
  return DistributionReader{text}.read();
}

Duration Distribution::quantile(double q) const {
  RS_DCHECK(q >= 0 && q <= 1);
  const double low = nanoseconds_of(low_);
  switch (shape_) {
    case Shape::fixed: return low_;
    case Shape::uniform: return rounded(low + q * nanoseconds_of(high_ - low_));
    case Shape::exponential: return low_ == Duration{0} ? low_ : rounded(-low * std::log1p(-q));
    case Shape::lognormal:
      if (low_ == Duration{0} || sigma_ == 0) return low_;
      return rounded(low * std::exp(sigma_ * normal_quantile(q)));
    case Shape::quantiles: return rounded(between_points(q));
  }
  return low_;
}

double Distribution::between_points(double q) const {
  const auto above = std::upper_bound(points_.begin(), points_.end(), q,
                                      [](double value, const Point& point) { return value < point.q; });
  if (above == points_.end()) return nanoseconds_of(points_.back().value);
  const Point& a = *(above - 1);
  const Point& b = *above;
  return nanoseconds_of(a.value) + (q - a.q) / (b.q - a.q) * nanoseconds_of(b.value - a.value);
}

std::string Distribution::to_string() const {
  std::string text{kShapes[static_cast<std::size_t>(shape_)]};
  if (shape_ == Shape::quantiles) {
    for (const Point& point : points_)
      text += " " + exact_number(point.q) + ":" + exact_duration(point.value);
    return text;
  }
  text += " " + exact_duration(low_);
  if (shape_ == Shape::uniform) text += " " + exact_duration(high_);
  if (shape_ == Shape::lognormal) text += " " + exact_number(sigma_);
  return text;
}

}  // namespace ringstorm
