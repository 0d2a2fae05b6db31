// Where the data lie: off a cache line, at an unlucky distance from one another, flush with the end of a
// page.
#include <sys/mman.h>

#include "base/check.h"
#include "micro/masks.h"

namespace ringstorm::bench {
namespace {

constexpr std::uint32_t kOffsets[] = {0, 1, 2, 4, 6, 8, 14, 16, 31, 32, 63};

std::string name_of(const char* of, const MaskContestant& who, std::uint32_t bytes) {
  return std::string(of) + "/" + who.name + "/" + bytes_parameter(Lengths::of(bytes));
}

void add_in_place(const std::string& name, std::uint32_t bytes, std::uint32_t offset,
                  const MaskContestant& who) {
  const Workload::Options options{.lengths = Lengths::of(bytes), .placement = {.source = offset}};
  add(name, [=](benchmark::State& state) { time_in_place(state, who, options); });
}

void add_copy(const std::string& name, std::uint32_t bytes, Placement placement, const MaskContestant& who) {
  const Workload::Options options{.lengths = Lengths::of(bytes), .placement = placement};
  add(name, [=](benchmark::State& state) { time_copy(state, who, options); });
}

void add_offsets() {
  const MaskContestant mask = engine_mask();
  for (const std::uint32_t bytes : {125U, 1000U, 4096U, 16384U}) {
    for (const MaskContestant& who : mask_yardsticks()) {
      add_in_place(name_of("mask_offset", who, bytes), bytes, 0, who);
    }
    for (const std::uint32_t offset : kOffsets) {
      add_in_place(name_of("mask_offset", mask, bytes) + "/offset:" + std::to_string(offset), bytes, offset,
                   mask);
    }
  }
}

// The yardsticks are aligned; memcpy is at every place as well, under a name of its own: that it has the same
// trouble is half of the answer.
void add_copy_offsets() {
  MaskContestant elsewhere = mask_yardsticks()[1];
  elsewhere.name = "memcpy_there";
  for (const std::uint32_t bytes : {125U, 1000U, 4096U}) {
    for (const MaskContestant& who : mask_yardsticks()) {
      add_copy(name_of("mask_copy_offset", who, bytes), bytes, {}, who);
    }
    for (const MaskContestant& who : {engine_mask(), elsewhere}) {
      const std::string name = name_of("mask_copy_offset", who, bytes);
      for (const std::uint32_t offset : kOffsets) {
        add_copy(name + "/source:" + std::to_string(offset), bytes, {.source = offset}, who);
        if (offset == 0) continue;
        add_copy(name + "/destination:" + std::to_string(offset), bytes, {.destination = offset}, who);
      }
    }
  }
}

// A load that agrees with an earlier store in the last 12 bits of its address waits for it.
void add_distances() {
  const std::vector<MaskContestant> yardsticks = mask_yardsticks();
  for (const std::uint32_t bytes : {1000U, 4096U}) {
    for (const int distance : {-64, -8, -1, 0, 1, 8, 32, 64, 2048}) {
      const Workload::Options options{.lengths = Lengths::of(bytes),
                                      .distance_4096 = static_cast<std::size_t>(distance + 4096)};
      for (const MaskContestant& who : {engine_mask(), yardsticks[1], yardsticks[2]}) {
        add("mask_copy_distance/" + who.name + "/" + bytes_parameter(options.lengths) +
                "/distance:" + std::to_string(distance),
            [=](benchmark::State& state) { time_copy(state, who, options); });
      }
    }
  }
}

enum class After { mapped, unmapped, untouched };

/// A page, and what follows it.
class PageEnd {
 public:
  explicit PageEnd(After after) {
    void* const memory =
        ::mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    RS_CHECK(memory != MAP_FAILED);
    page_ = static_cast<std::byte*>(memory);
    std::ranges::copy(noise(kPage), page_);
    if (after == After::mapped) page_[kPage] = std::byte{1};
    if (after == After::unmapped) RS_CHECK(::munmap(page_ + kPage, kPage) == 0);
  }
  ~PageEnd() { ::munmap(page_, 2 * kPage); }
  PageEnd(const PageEnd&) = delete;
  PageEnd& operator=(const PageEnd&) = delete;

  std::span<std::byte> last(std::size_t bytes) const { return {page_ + kPage - bytes, bytes}; }

 private:
  static constexpr std::size_t kPage = 4096;
  std::byte* page_;
};

void mask_at_page_end(benchmark::State& state, const MaskContestant& who, std::size_t bytes, After after) {
  const PageEnd page(after);
  const std::span<std::byte> data = page.last(bytes);
  std::vector<std::byte> masked(bytes);
  if (who.does == MaskContestant::Does::masking) {
    detail::mask_scalar(masked.data(), data.data(), bytes, kMaskKey, 0);
  } else {
    std::ranges::copy(data, masked.begin());
  }
  who.in_place(data.data(), bytes, kMaskKey.wire);
  if (!checked(state, std::ranges::equal(data, masked), "differs from the scalar definition")) return;
  yardstick::at_site(who.site, [&state, data, kernel = who.in_place](auto own_site) {
    for (auto _ : state) {
      kernel(data.data(), data.size(), kMaskKey.wire);
      yardstick::keep_apart<own_site()>();
    }
  });
  set_throughput(state, bytes);
}

void add_page_ends() {
  constexpr std::pair<After, const char*> kAfter[] = {
      {After::mapped, "mapped"}, {After::unmapped, "unmapped"}, {After::untouched, "untouched"}};
  std::vector<MaskContestant> contestants = mask_kernel_contestants();
  contestants.insert(contestants.begin(), mask_yardsticks()[0]);
  for (const std::size_t bytes : {20U, 125U, 1000U}) {
    for (const auto& [after, name] : kAfter) {
      for (const MaskContestant& who : contestants) {
        add("mask_page_end/" + who.name + "/bytes:" + std::to_string(bytes) + "/" + name,
            [=, after = after](benchmark::State& state) { mask_at_page_end(state, who, bytes, after); });
      }
    }
  }
}

const bool registered = [] {
  add_offsets();
  add_copy_offsets();
  add_distances();
  add_page_ends();
  return true;
}();

}  // namespace
}  // namespace ringstorm::bench
