// Operations of a training step as TensorFlow ops of one pass over memory, where a composition of TensorFlow's own takes up to a dozen.
//
// addon.ts compiles this file into tfjs-node's addon, and loading the addon registers the ops; backends/tensorflow-fused.ts runs them by name.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "fused-functions.h"
#include "tensorflow/core/framework/common_shape_fns.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "tensorflow/core/platform/threadpool.h"

namespace signwave {
namespace {

using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::TensorShape;
using tensorflow::thread::ThreadPool;

// In place of a number of parameters: one, or one for each channel; and in place of a number of sums: as many as parameters.
constexpr int kPerChannel = -1;
// NoisySignParameters; and sums for W1 and W2.
constexpr int kNoisySign = -2;

// Whether an op that declares `expected` can take `count` parameters.
bool CanTake(int expected, int64_t count, int64_t channels) {
  if (expected == kPerChannel) return count == 1 || count == channels;
  if (expected != kNoisySign) return count == expected;
  const int64_t weights = count - NoisySignParameters::kNumbers;
  return weights >= 0 && weights % std::max<int64_t>(1, 2 * channels) == 0;
}

int64_t SumCount(int declared, int64_t parameter_count) {
  if (declared == kPerChannel) return parameter_count;
  return declared == kNoisySign ? parameter_count - NoisySignParameters::kNumbers : declared;
}

// Cycles for an element, by which TensorFlow tells whether another thread pays.
constexpr int64_t kElementCycles = 4;

// Inputs: one or two maps of one shape, and the parameters if there are any. Outputs: a map of that shape, and the sums if there are any.
template <void function(const Image&), int maps, int parameters = 0, int sums = 0>
class MapKernel : public tensorflow::OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* context) override {
    const Tensor& first = context->input(0);
    const Tensor& second = context->input(maps - 1);
    OP_REQUIRES(context, first.dims() > 0 && first.shape() == second.shape(),
                absl::InvalidArgumentError(absl::StrCat(name(), " takes two tensors of one shape, (N, ...), not ",
                                                        first.shape().DebugString(), " and ",
                                                        second.shape().DebugString())));
    const int64_t parameter_count = parameters == 0 ? 0 : context->input(maps).NumElements();
    const int64_t channels = first.dim_size(first.dims() - 1);
    OP_REQUIRES(context, CanTake(parameters, parameter_count, channels),
                absl::InvalidArgumentError(absl::StrCat(name(), " got ", parameter_count, " parameters for a map of ",
                                                        first.shape().DebugString())));
    Tensor* output = nullptr;
    OP_REQUIRES_OK(context, context->allocate_output(0, first.shape(), &output));
    const int64_t images = first.dim_size(0);
    const int64_t size = images == 0 ? 0 : first.NumElements() / images;
    const int64_t sum_count = SumCount(sums, parameter_count);
    std::vector<double> image_sums(images * sum_count, 0.0);
    const float* firsts = first.flat<float>().data();
    const float* seconds = maps == 2 ? second.flat<float>().data() : nullptr;
    const float* values = parameters == 0 ? nullptr : context->input(maps).flat<float>().data();
    float* outputs = output->flat<float>().data();
    double* sum_data = image_sums.data();
    const auto run = [=](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const float* second_image = maps == 2 ? seconds + i * size : nullptr;
        function({firsts + i * size, second_image, values, parameter_count, outputs + i * size, sum_data + i * sum_count, size,
                  channels});
      }
    };
    const auto by_cost = ThreadPool::SchedulingParams::Adaptive(size * kElementCycles);
    if (size > 0) context->device()->tensorflow_cpu_worker_threads()->workers->ParallelFor(images, by_cost, run);
    if (sums == 0) return;
    Tensor* totals = nullptr;
    OP_REQUIRES_OK(context, context->allocate_output(1, TensorShape({sum_count}), &totals));
    for (int64_t j = 0; j < sum_count; ++j) {
      double total = 0;
      for (int64_t i = 0; i < images; ++i) total += image_sums[i * sum_count + j];
      totals->flat<float>()(j) = total;
    }
  }
};

using tensorflow::shape_inference::InferenceContext;
using tensorflow::shape_inference::UnchangedShape;

absl::Status MapAndSums(InferenceContext* context) {
  context->set_output(0, context->input(0));
  context->set_output(1, context->UnknownShapeOfRank(1));
  return absl::OkStatus();
}

#define SIGNWAVE_OP(name, ...)                                                                \
  REGISTER_KERNEL_BUILDER(Name(name).Device(tensorflow::DEVICE_CPU), MapKernel<__VA_ARGS__>); \
  REGISTER_OP(name)
SIGNWAVE_OP("SignwaveHardtanhOfSum", HardtanhOfSum, 2)
    .Input("x: float").Input("z: float").Output("y: float").SetShapeFn(UnchangedShape);
SIGNWAVE_OP("SignwaveHardtanhGrad", HardtanhGradient, 2)
    .Input("dy: float").Input("y: float").Output("dx: float").SetShapeFn(UnchangedShape);
SIGNWAVE_OP("SignwaveTriangleGrad", TriangleGradient, 2)
    .Input("dy: float").Input("a: float").Output("da: float").SetShapeFn(UnchangedShape);
SIGNWAVE_OP("SignwaveScaledSignGrad", ScaledSignGradient, 2)
    .Input("dy: float").Input("a: float").Output("da: float").SetShapeFn(UnchangedShape);
SIGNWAVE_OP("SignwaveCentredSignGrad", CentredSignGradient, 2, 1)
    .Input("dy: float").Input("c: float").Input("parameters: float").Output("da: float").SetShapeFn(UnchangedShape);
SIGNWAVE_OP("SignwaveTanhGrad", TanhGradient, 2, 2)
    .Input("dy: float").Input("x: float").Input("parameters: float").Output("dx: float").SetShapeFn(UnchangedShape);
SIGNWAVE_OP("SignwaveRectifiedSignGrad", RectifiedSignGradient, 2, 3)
    .Input("dy: float").Input("x: float").Input("parameters: float").Output("dx: float").SetShapeFn(UnchangedShape);
SIGNWAVE_OP("SignwaveNoisySign", NoisySign, 1, kNoisySign)
    .Input("x: float").Input("parameters: float").Output("y: float").SetShapeFn(UnchangedShape);
SIGNWAVE_OP("SignwaveNoisySignGrad", NoisySignGradient, 2, kNoisySign, kNoisySign)
    .Input("dy: float").Input("x: float").Input("parameters: float")
    .Output("dx: float").Output("sums: float").SetShapeFn(MapAndSums);
SIGNWAVE_OP("SignwavePrelu", Prelu, 1, kPerChannel)
    .Input("x: float").Input("parameters: float").Output("y: float").SetShapeFn(UnchangedShape);
SIGNWAVE_OP("SignwavePreluGrad", PreluGradient, 2, kPerChannel, kPerChannel)
    .Input("dy: float").Input("x: float").Input("parameters: float")
    .Output("dx: float").Output("sums: float").SetShapeFn(MapAndSums);
SIGNWAVE_OP("SignwaveTwoLevels", TwoLevels, 1, 3)
    .Input("x: float").Input("parameters: float").Output("y: float").SetShapeFn(UnchangedShape);
SIGNWAVE_OP("SignwaveSoftStepGrad", SoftStepGradient, 2, 4, kSoftStepSums)
    .Input("dy: float").Input("x: float").Input("parameters: float")
    .Output("dx: float").Output("sums: float").SetShapeFn(MapAndSums);
#undef SIGNWAVE_OP

}  // namespace
}  // namespace signwave
