// What the ops of fused-ops.cc do to an image of a map. Each function has a plain twin, the composition of tfjs's kernels that every other back
// end runs; its comment names the file.
//
// Compilers must be free to compute both sides of a choice (-fno-trapping-math): on maps, every second branch would be mispredicted.
#ifndef SIGNWAVE_FUSED_FUNCTIONS_H_
#define SIGNWAVE_FUSED_FUNCTIONS_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "Eigen/Core"

namespace signwave {

// What a function works on: the elements of one image, or of one filter, which lie side by side in all maps. Images are what threads divide
// among themselves, so results don't depend on the number of threads.
struct Image {
  const float* first;
  const float* second;  // nullptr in ops of one map
  const float* parameters;
  int64_t parameter_count;
  float* output;
  double* sums;  // zeros at first; added up over the images afterwards
  int64_t count;
  int64_t channels;  // length of the last axis

  Eigen::Map<const Eigen::ArrayXf> First(int64_t begin, int64_t length) const { return {first + begin, length}; }
  Eigen::Map<const Eigen::ArrayXf> Second(int64_t begin, int64_t length) const { return {second + begin, length}; }
  Eigen::Map<Eigen::ArrayXf> Output(int64_t begin, int64_t length) const { return {output + begin, length}; }
};

// min(max(x + z, -1), 1): hardtanh where a block meets its shortcut. NaN stays NaN, as std::max and std::min keep their first argument then.
// layers/hardtanh.ts
inline void HardtanhOfSum(const Image& image) {
  const float *x = image.first, *z = image.second;
  for (int64_t i = 0; i < image.count; ++i) image.output[i] = std::min(std::max(x[i] + z[i], -1.0f), 1.0f);
}

// dL/dx of y = min(max(x, -1), 1), from y: dL/dy where |y| < 1, else 0, so 0 at exactly -1 and 1 as in PyTorch. layers/hardtanh.ts
inline void HardtanhGradient(const Image& image) {
  const float *dy = image.first, *y = image.second;
  for (int64_t i = 0; i < image.count; ++i) image.output[i] = std::abs(y[i]) < 1.0f ? dy[i] : 0.0f;
}

// dL/da = dL/daq max(0, 2 - 2 |a|), Bi-Real's. quantizers/triangle.ts
inline void TriangleGradient(const Image& image) {
  const float *dy = image.first, *a = image.second;
  for (int64_t i = 0; i < image.count; ++i) image.output[i] = dy[i] * std::max(2 - 2 * std::abs(a[i]), 0.0f);
}

// Independent partial sums, so that additions overlap and fill vectors.
constexpr int64_t kLanes = 8;

// Sum of term(0) to term(count - 1) in binary64: one image has up to a million elements, of which float32 in sequence would lose 4 digits.
template <typename Term>
double Sum(int64_t count, Term term) {
  double lanes[kLanes] = {};
  const int64_t rest = count % kLanes;
  for (int64_t i = 0; i < rest; ++i) lanes[i] = term(i);
  for (int64_t i = rest; i < count; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += term(i + lane);
  }
  double total = 0;
  for (double lane : lanes) total += lane;
  return total;
}

// Elements of which float32 loses nothing that matters when it adds them up in vectors, and whose intermediate values stay in the cache.
constexpr int64_t kChunk = 256;
using Chunk = Eigen::Array<float, Eigen::Dynamic, 1, Eigen::ColMajor, kChunk, 1>;

// In the authors' code.
constexpr double kEpsilon = 1e-5;

// dL/da of aq = sign(r a) for the K elements of one image with mean m and variance v (K - 1 in its denominator), r = 1/sqrt(v + epsilon);
// quantizers/per-sample.ts has the derivation. With the deviation d = 1/r:
//
//   h = dL/daq * max(0, d - |a|)            dL/da = 2 r^2 (h - (a - m) r^2 / (K - 1) * sum over the image of h a)
//
// It goes over an image four times, but only the first is from memory: two maps of 32 x 32 x 16 are 128 KB and stay in the cache.
inline void ScaledSignGradient(const Image& image) {
  const float *dy = image.first, *a = image.second;
  const int64_t count = image.count;
  const double mean = Sum(count, [=](int64_t i) { return static_cast<double>(a[i]); }) / count;
  const double squares = Sum(count, [=](int64_t i) { return (a[i] - mean) * (a[i] - mean); });
  const double square = squares / (count - 1) + kEpsilon;
  const float deviation = std::sqrt(square);
  const auto h = [=](int64_t i) { return dy[i] * std::max(deviation - std::abs(a[i]), 0.0f); };
  const double product = Sum(count, [=](int64_t i) { return static_cast<double>(h(i)) * a[i]; });
  const float through = product / (square * (count - 1));
  const float scale = 2 / square;
  const float centre = mean;
  for (int64_t i = 0; i < count; ++i) image.output[i] = scale * (h(i) - (a[i] - centre) * through);
}

// dL/da of aq = sign(c), c = a - mean, for RBNN's window, whose derivation is in methods/rbnn.ts. Parameter: t.
//
//   s^2 = sum of c^2 / (K - 1)              h = dL/daq * max(0, s sqrt(2)/t - |c|)
//   dL/da = t^2/s^2 (h - mean of h - c * (sum of h c) / ((K - 1) s^2))
inline void CentredSignGradient(const Image& image) {
  const float *dy = image.first, *c = image.second;
  const int64_t count = image.count;
  const double t = image.parameters[0];
  const double squares = Sum(count, [=](int64_t i) { return static_cast<double>(c[i]) * c[i]; });
  const double variance = squares / (count - 1);
  const float width = std::sqrt(2 * variance) / t;
  const auto h = [=](int64_t i) { return dy[i] * std::max(width - std::abs(c[i]), 0.0f); };
  const float mean = Sum(count, [=](int64_t i) { return static_cast<double>(h(i)); }) / count;
  const float through = Sum(count, [=](int64_t i) { return static_cast<double>(h(i)) * c[i]; }) / squares;
  const float scale = t * t / variance;
  for (int64_t i = 0; i < count; ++i) image.output[i] = scale * (h(i) - mean - c[i] * through);
}

// dL/dx = dL/dy k (1 - tanh(t x)^2), by e = exp(-2 |t x|): 4 e / (1 + e)^2 cancels nowhere. Parameters: t, k. quantizers/tanh-slope.ts
inline void TanhGradient(const Image& image) {
  const float t = image.parameters[0], k = image.parameters[1];
  for (int64_t begin = 0; begin < image.count; begin += kChunk) {
    const int64_t length = std::min(kChunk, image.count - begin);
    const Chunk e = (-2 * std::abs(t) * image.Second(begin, length).abs()).exp();
    image.Output(begin, length) = image.First(begin, length) * (4 * k) * e / (1 + e).square();
  }
}

// log(x) to 2e-7 for normal x > 0, in steps that compilers turn into vectors, as std::log isn't and Eigen's isn't without AVX2: with x = 2^e m,
// m from sqrt(1/2) to sqrt(2) and z = (m - 1)/(m + 1), e log 2 + 2 atanh(z), by the series to the 9th power.
inline float Log(float x) {
  constexpr int32_t kSqrtHalf = 0x3f3504f3, kMantissaBits = 23;
  int32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  const int32_t exponent = (bits - kSqrtHalf) >> kMantissaBits;
  bits -= exponent << kMantissaBits;
  float m;
  std::memcpy(&m, &bits, sizeof m);
  const float z = (m - 1) / (m + 1), s = z * z;
  const float series = 1 + s * (1.0f / 3 + s * (1.0f / 5 + s * (1.0f / 7 + s * (1.0f / 9))));
  return exponent * static_cast<float>(M_LN2) + 2 * z * series;
}

// dL/dx of ReSTE: dL/dy times 1/o |x|^(1/o - 1) from the core's edge to the truncation, o times that of the edge in the core, 0 beyond.
// Parameters: edge, truncation, 1/o. methods/reste.ts
inline void RectifiedSignGradient(const Image& image) {
  const float edge = image.parameters[0], truncation = image.parameters[1], inverse = image.parameters[2];
  for (int64_t begin = 0; begin < image.count; begin += kChunk) {
    const int64_t length = std::min(kChunk, image.count - begin);
    const Chunk size = image.Second(begin, length).abs();
    Chunk power(length);
    for (int64_t i = 0; i < length; ++i) power[i] = (inverse - 1) * Log(std::min(std::max(size[i], edge), truncation));
    power = power.exp();
    for (int64_t i = 0; i < length; ++i) {
      const float factor = size[i] <= edge ? 1.0f : size[i] <= truncation ? inverse : 0.0f;
      image.output[begin + i] = image.first[begin + i] * power[i] * factor;
    }
  }
}

constexpr float kHalfPi = M_PI / 2;

// sin(x) to 1e-7 for |x| up to some thousands, in steps that compilers turn into vectors, as std::sin isn't. With k the integer nearest to
// x/pi, sin(x) = (-1)^k sin(x - k pi), and the series to the 11th power is right to 6e-8 up to pi/2.
inline float Sine(float x) {
  // Adding and taking away 1.5 * 2^23 rounds to an integer.
  constexpr float kRound = 12582912;
  // Their sum is pi to 36 bits, and a product of the first with k has no rounding error.
  constexpr float kPiHigh = 3.140625f, kPiLow = 9.67653589793e-4f;
  const float k = (x * static_cast<float>(M_1_PI) + kRound) - kRound;
  const float is_odd = std::abs(k - 2 * ((k * 0.5f + kRound) - kRound));
  const float r = (x - k * kPiHigh) - k * kPiLow;
  const float s = r * r;
  const float tail = s * (1.0f / 120 - s * (1.0f / 5040 - s * (1.0f / 362880 - s * (1.0f / 39916800))));
  return (1 - 2 * is_odd) * (r - r * s * (1.0f / 6 - tail));
}

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using ConstMatrixMap = Eigen::Map<const Matrix>;

// Parameters of FDA's sign, which takes maps as rows t of `channels` numbers: a, its product with the share of the sine, w0 (at most 0.1), n,
// and W1 (channels x inside) and W2 (inside x channels), row by row.
struct NoisySignParameters {
  static constexpr int64_t kNumbers = 4;

  explicit NoisySignParameters(const Image& image)
      : share(image.parameters[0]), sine_share(image.parameters[1]), frequency(image.parameters[2]), n(image.parameters[3]),
        inside((image.parameter_count - kNumbers) / (2 * image.channels)),
        w1(image.parameters + kNumbers, image.channels, inside),
        w2(image.parameters + kNumbers + w1.size(), inside, image.channels) {}

  const float share, sine_share, frequency, n;
  const int64_t inside;
  const ConstMatrixMap w1, w2;
};

ConstMatrixMap Rows(const float* map, const Image& image) { return {map, image.count / image.channels, image.channels}; }

// sign(t) + a relu(t W1) W2 + sine share * sin(t), sign(0) = 0. quantizers/square-wave.ts
inline void NoisySign(const Image& image) {
  const NoisySignParameters noise(image);
  const Matrix hidden = (Rows(image.first, image) * noise.w1).cwiseMax(0);
  Eigen::Map<Matrix>(image.output, hidden.rows(), image.channels).noalias() = hidden * (noise.share * noise.w2);
  const float* t = image.first;
  for (int64_t i = 0; i < image.count; ++i) {
    const float sign = (t[i] > 0 ? 1.0f : 0.0f) - (t[i] < 0 ? 1.0f : 0.0f);
    image.output[i] = sign + (image.output[i] + noise.sine_share * Sine(t[i]));
  }
}

// Below this the quotient of sines is as good as its limit, and not 0/0.
constexpr float kNearZero = 1e-5f;

// dL/dt of the same, where the slope of the sign is 2 w0/pi sin(n w0 |t|)/sin(w0 |t|) for |t| <= 1, else 0; the divisor's series is right to
// 1e-9 there. The sums are the gradients of W1 and of W2.
inline void NoisySignGradient(const Image& image) {
  const NoisySignParameters noise(image);
  const ConstMatrixMap t = Rows(image.second, image), dy = Rows(image.first, image);
  const Matrix hidden = (t * noise.w1).cwiseMax(0);
  const Matrix of_hidden = (dy * (noise.share * noise.w2.transpose())).cwiseProduct(hidden.cwiseSign());
  Eigen::Map<Matrix>(image.output, t.rows(), t.cols()).noalias() = of_hidden * noise.w1.transpose();
  const float height = 2 * noise.frequency / M_PI;
  for (int64_t i = 0; i < image.count; ++i) {
    const float x = image.second[i];
    const float u = std::min(std::max(std::abs(x) * noise.frequency, kNearZero), noise.frequency);
    const float divisor = u * (1 - u * u * (1.0f / 6 - u * u * (1.0f / 120)));
    const float wave = height * Sine(noise.n * u) / divisor;
    const float slope = (std::abs(x) <= 1 ? wave : 0.0f) + noise.sine_share * Sine(x + kHalfPi);
    image.output[i] += image.first[i] * slope;
  }
  const Matrix of_w1 = t.transpose() * of_hidden;
  const Matrix of_w2 = noise.share * (hidden.transpose() * dy);
  std::copy_n(of_w1.data(), of_w1.size(), image.sums);
  std::copy_n(of_w2.data(), of_w2.size(), image.sums + of_w1.size());
}

// x where x > 0, else slope x. Parameters: a slope for each channel, the last axis, or one. layers/prelu.ts
inline void Prelu(const Image& image) {
  const float* __restrict x = image.first;
  float* __restrict y = image.output;
  if (image.parameter_count == 1) {
    const float slope = image.parameters[0];
    for (int64_t i = 0; i < image.count; ++i) y[i] = std::max(x[i], 0.0f) + slope * std::min(x[i], 0.0f);
    return;
  }
  for (int64_t i = 0; i < image.count; i += image.parameter_count) {
    for (int64_t c = 0; c < image.parameter_count; ++c) {
      y[i + c] = std::max(x[i + c], 0.0f) + image.parameters[c] * std::min(x[i + c], 0.0f);
    }
  }
}

// dL/dx of the same, and for each slope the sum of dL/dy x where x <= 0.
inline void PreluGradient(const Image& image) {
  const float *__restrict dy = image.first, *__restrict x = image.second, *__restrict slopes = image.parameters;
  float* __restrict dx = image.output;
  double* __restrict sums = image.sums;
  if (image.parameter_count == 1) {
    const float slope = slopes[0];
    for (int64_t i = 0; i < image.count; ++i) dx[i] = dy[i] * (x[i] > 0 ? 1.0f : slope);
    sums[0] = Sum(image.count, [=](int64_t i) { return static_cast<double>(dy[i] * (x[i] > 0 ? 0.0f : x[i])); });
    return;
  }
  for (int64_t i = 0; i < image.count; i += image.parameter_count) {
    for (int64_t c = 0; c < image.parameter_count; ++c) {
      dx[i + c] = dy[i + c] * (x[i + c] > 0 ? 1.0f : slopes[c]);
      sums[c] += dy[i + c] * (x[i + c] > 0 ? 0.0f : x[i + c]);
    }
  }
}

// The lower level where x < middle, else the upper. Parameters: middle, lower, upper. quantizers/soft-step.ts
inline void TwoLevels(const Image& image) {
  const float middle = image.parameters[0], lower = image.parameters[1], upper = image.parameters[2];
  for (int64_t i = 0; i < image.count; ++i) image.output[i] = image.first[i] < middle ? lower : upper;
}

constexpr int kSoftStepSums = 6;

// Of DSQ's step between two levels: with v = (x - middle)/half, held between -1 and 1, p = dL/dy where that changes nothing, else 0, and
// q = 1/(1 + exp(-c v)), the map d = p slope (q - q^2), which is dL/dx, and the sums of dL/dy, dL/dy q, p, p q, d and d v. Parameters:
// middle, 1/half, c, slope. quantizers/soft-step.ts
inline void SoftStepGradient(const Image& image) {
  const float middle = image.parameters[0], reciprocal = image.parameters[1];
  const float c = image.parameters[2], slope = image.parameters[3];
  for (int64_t begin = 0; begin < image.count; begin += kChunk) {
    const int64_t length = std::min(kChunk, image.count - begin);
    const auto dy = image.First(begin, length);
    const Chunk unclipped = (image.Second(begin, length) - middle) * reciprocal;
    const Chunk v = unclipped.max(-1.0f).min(1.0f);
    Chunk p(length);
    for (int64_t i = 0; i < length; ++i) p[i] = std::abs(unclipped[i]) <= 1.0f ? dy[i] : 0.0f;
    const Chunk q = 1 / (1 + (-c * v).exp());
    auto d = image.Output(begin, length);
    d = p * (q - q.square()) * slope;
    const double terms[kSoftStepSums] = {dy.sum(), (dy * q).sum(), p.sum(), (p * q).sum(), d.sum(), (d * v).sum()};
    for (int i = 0; i < kSoftStepSums; ++i) image.sums[i] += terms[i];
  }
}

}  // namespace signwave

#endif  // SIGNWAVE_FUSED_FUNCTIONS_H_
