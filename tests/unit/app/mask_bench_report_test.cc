#include "app/mask_bench_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ringstorm {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using yardstick::Lengths;

MaskRow row(MaskWork work, Lengths lengths, const char* kernel, double ns, double noop, double memcpy,
            double limit) {
  return {{work, lengths}, kernel, ns, noop, memcpy, limit};
}

MaskBenchReport example() {
  return {"Some CPU",
          "avx2",
          {row(MaskWork::in_place, Lengths::of(4096), "avx2", 36.5, 1.8, 54.75, 36.1354),
           row(MaskWork::in_place, Lengths::of(4096), "scalar", 2212.4, 1.8, 54.75, 36.1354),
           row(MaskWork::in_place, {1, 125}, "avx2", 4.804, 1.8, 8.4, 5),
           row(MaskWork::in_place, {1, 125}, "scalar", 38.04, 1.8, 8.4, 5),
           row(MaskWork::encode, Lengths::of(20), "avx2", 2.1, 1.8, 2.0, 1.9)}};
}

TEST(MaskBenchReport, Json) {
  EXPECT_EQ(render_mask_json(example()),
            R"({"schema": "ringstorm.bench_mask/1",
"cpu": "Some CPU",
"kernel": "avx2",
"rows": [
  {"case":"in_place_fixed","bytes":4096,"kernel":"avx2","ns":36.5,"noop_ns":1.8,"memcpy_ns":54.75,"limit_ns":36.135},
  {"case":"in_place_fixed","bytes":4096,"kernel":"scalar","ns":2212.4,"noop_ns":1.8,"memcpy_ns":54.75,"limit_ns":36.135},
  {"case":"in_place_random","bytes":"1..125","kernel":"avx2","ns":4.804,"noop_ns":1.8,"memcpy_ns":8.4,"limit_ns":5.0},
  {"case":"in_place_random","bytes":"1..125","kernel":"scalar","ns":38.04,"noop_ns":1.8,"memcpy_ns":8.4,"limit_ns":5.0},
  {"case":"encode_fixed","bytes":20,"kernel":"avx2","ns":2.1,"noop_ns":1.8,"memcpy_ns":2.0,"limit_ns":1.9}
]}
)");
}

TEST(MaskBenchReport, JsonSurvivesAnyCpuName) {
  for (const char* name : {"", "a \"quoted\" CPU\n", "\xff\xfe"}) {
    MaskBenchReport report = example();
    report.cpu = name;
    EXPECT_TRUE(nlohmann::json::parse(render_mask_json(report), nullptr, false).is_object()) << name;
  }
  EXPECT_TRUE(nlohmann::json::parse(render_mask_json({}), nullptr, false).is_object());
}

TEST(MaskBenchReport, Table) {
  EXPECT_EQ(render_mask_table(example()),
            R"(in place, of one length, aligned
                                  |         avx2          |        scalar       
   bytes    noop  memcpy   limit  |     ns  limit memcpy  |     ns  limit memcpy
    4096    1.80    54.8    36.1  |   36.5   0.99   1.50  |   2212   0.02   0.02

in place, of random lengths, anywhere
                                  |         avx2          |        scalar       
   bytes    noop  memcpy   limit  |     ns  limit memcpy  |     ns  limit memcpy
  1..125    1.80    8.40    5.00  |   4.80   1.04   1.75  |   38.0   0.13   0.22

whole frame with a fresh key, of one length, aligned
                                  |         avx2        
   bytes    noop  memcpy   limit  |     ns  limit memcpy
      20    1.80    2.00    1.90  |   2.10   0.90   0.95

)");
}

TEST(MaskVerdict, IsByTheKernelsOwnRows) {
  EXPECT_EQ(
      mask_verdict(example().rows, "avx2"),
      "avx2 is no slower than memcpy on small frames here: random 1..125 B in 4.80 ns, 3.00 over an empty "
      "call and 1.7x memcpy's speed; 4 KiB at 0.99 of the limit, 112 GB/s");
  EXPECT_THAT(mask_verdict(example().rows, "scalar"),
              StartsWith("scalar is slower than memcpy on small frames here: random 1..125 B in 38.0 ns"));
  EXPECT_EQ(mask_verdict(example().rows, "neon"), "neon was not measured");
}

TEST(MaskVerdict, TheLimitTakesAllThree) {
  const auto verdict = [](double small_ns, double memcpy_ns, double large_ns) {
    return mask_verdict(
        std::vector{row(MaskWork::in_place, {1, 125}, "avx512", small_ns, 1.8, memcpy_ns, 5),
                    row(MaskWork::in_place, Lengths::of(4096), "avx512", large_ns, 1.8, 50, 18)},
        "avx512");
  };
  EXPECT_THAT(verdict(2.6, 8, 18.5), HasSubstr("at the machine's limit"));
  EXPECT_THAT(verdict(2.9, 9, 18.5), HasSubstr("no slower than memcpy"));  // 1.1 ns over the empty call
  EXPECT_THAT(verdict(2.6, 7, 18.5), HasSubstr("no slower than memcpy"));  // 2.7 times memcpy
  EXPECT_THAT(verdict(2.6, 8, 20), HasSubstr("no slower than memcpy"));    // 0.9 of the limit
}

}  // namespace
}  // namespace ringstorm
