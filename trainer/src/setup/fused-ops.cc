// Element-wise operations of a training step as TensorFlow ops of one pass over memory, where a composition of TensorFlow's own takes up to a
// dozen.
//
// addon.ts compiles this file into tfjs-node's addon, and loading the addon registers the ops; backends/tensorflow-fused.ts runs them by name.
// Each takes two float32 tensors of one shape and returns a third. Its plain twin is the composition of tfjs's kernels that every other back
// end runs: layers/hardtanh.ts, quantizers/per-sample.ts.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/platform/threadpool.h"

namespace signwave {
namespace {

using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::thread::ThreadPool;

// What an op does to `count` elements that lie side by side in all three tensors.
using Function = void(const float* first, const float* second, float* output, int64_t count);

// min(max(x + z, -1), 1): hardtanh where a block meets its shortcut. NaN stays NaN, as std::max and std::min keep their first argument then.
void HardtanhOfSum(const float* x, const float* z, float* output, int64_t count) {
  for (int64_t i = 0; i < count; ++i) output[i] = std::min(std::max(x[i] + z[i], -1.0f), 1.0f);
}

// dL/dx of y = min(max(x, -1), 1), from y: dL/dy where |y| < 1, else 0, so 0 at exactly -1 and 1 as in PyTorch.
void HardtanhGradient(const float* dy, const float* y, float* output, int64_t count) {
  for (int64_t i = 0; i < count; ++i) output[i] = std::abs(y[i]) < 1.0f ? dy[i] : 0.0f;
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

// In the authors' code.
constexpr double kEpsilon = 1e-5;

// dL/da of aq = sign(r a) for the K elements of one image with mean m and variance v (K - 1 in its denominator), r = 1/sqrt(v + epsilon);
// per-sample.ts has the derivation. With the deviation d = 1/r:
//
//   h = dL/daq * max(0, d - |a|)            dL/da = 2 r^2 (h - (a - m) r^2 / (K - 1) * sum over the image of h a)
//
// It goes over an image four times, but only the first is from memory: two maps of 32 x 32 x 16 are 128 KB and stay in the cache.
void ScaledSignGradient(const float* dy, const float* a, float* output, int64_t count) {
  const double mean = Sum(count, [=](int64_t i) { return static_cast<double>(a[i]); }) / count;
  const double squares = Sum(count, [=](int64_t i) { return (a[i] - mean) * (a[i] - mean); });
  const double square = squares / (count - 1) + kEpsilon;
  const float deviation = std::sqrt(square);
  const auto h = [=](int64_t i) { return dy[i] * std::max(deviation - std::abs(a[i]), 0.0f); };
  const double product = Sum(count, [=](int64_t i) { return static_cast<double>(h(i)) * a[i]; });
  const float through = product / (square * (count - 1));
  const float scale = 2 / square;
  const float centre = mean;
  for (int64_t i = 0; i < count; ++i) output[i] = scale * (h(i) - (a[i] - centre) * through);
}

// What may not be divided among threads.
enum class Unit { kElement, kImage };

// Cycles for an element, by which TensorFlow tells whether another thread pays.
constexpr int64_t kElementCycles = 4;

template <Function function, Unit unit>
class PairKernel : public tensorflow::OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* context) override {
    const Tensor& first = context->input(0);
    const Tensor& second = context->input(1);
    OP_REQUIRES(context, first.dims() > 0 && first.shape() == second.shape(),
                absl::InvalidArgumentError(absl::StrCat(name(), " takes two tensors of one shape, (N, ...), not ",
                                                        first.shape().DebugString(), " and ",
                                                        second.shape().DebugString())));
    Tensor* output = nullptr;
    OP_REQUIRES_OK(context, context->allocate_output(0, first.shape(), &output));
    if (first.NumElements() == 0) return;
    const int64_t units = unit == Unit::kImage ? first.dim_size(0) : first.NumElements();
    const int64_t size = first.NumElements() / units;
    const float* firsts = first.flat<float>().data();
    const float* seconds = second.flat<float>().data();
    float* outputs = output->flat<float>().data();
    const auto run = [=](int64_t begin, int64_t end) {
      // All elements of a range in one call, or an image in each.
      const int64_t step = unit == Unit::kImage ? 1 : end - begin;
      for (int64_t i = begin; i < end; i += step) {
        function(firsts + i * size, seconds + i * size, outputs + i * size, step * size);
      }
    };
    const auto by_cost = ThreadPool::SchedulingParams::Adaptive(size * kElementCycles);
    context->device()->tensorflow_cpu_worker_threads()->workers->ParallelFor(units, by_cost, run);
  }
};

using tensorflow::shape_inference::UnchangedShape;

REGISTER_OP("SignwaveHardtanhOfSum").Input("x: float").Input("z: float").Output("y: float").SetShapeFn(UnchangedShape);
REGISTER_OP("SignwaveHardtanhGrad").Input("dy: float").Input("y: float").Output("dx: float").SetShapeFn(UnchangedShape);
REGISTER_OP("SignwaveScaledSignGrad").Input("dy: float").Input("a: float").Output("da: float").SetShapeFn(UnchangedShape);

#define SIGNWAVE_REGISTER(op, function, unit) \
  REGISTER_KERNEL_BUILDER(Name(op).Device(tensorflow::DEVICE_CPU), PairKernel<function, unit>)
SIGNWAVE_REGISTER("SignwaveHardtanhOfSum", HardtanhOfSum, Unit::kElement);
SIGNWAVE_REGISTER("SignwaveHardtanhGrad", HardtanhGradient, Unit::kElement);
SIGNWAVE_REGISTER("SignwaveScaledSignGrad", ScaledSignGradient, Unit::kImage);
#undef SIGNWAVE_REGISTER

}  // namespace
}  // namespace signwave
