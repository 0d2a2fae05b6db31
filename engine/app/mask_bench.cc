#include "app/mask_bench.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "codec/frame.h"
#include "codec/secure_random.h"
#include "yardstick/limit.h"
#include "yardstick/slot_check.h"

namespace ringstorm {
namespace {

using yardstick::Contestant;
using yardstick::Lengths;
using yardstick::Placement;
using yardstick::Workload;

constexpr MaskKey kKey{0x3d21fa37};
constexpr unsigned kFirstByte = 0x82;  // FIN, binary

constexpr std::array<std::uint32_t, 13> kFixed{1,   7,    20,   31,    64,    125,    256,
                                               512, 1000, 4096, 16384, 65536, 1 << 20};
constexpr std::array<std::uint32_t, 7> kFixedFrames{1, 20, 58, 64, kMaxShortPayloadBytes, 126, 1000};
constexpr std::uint32_t kLongestFrames = 1500;

const char* name_of(MaskWork work) {
  switch (work) {
    case MaskWork::in_place: return "in_place";
    case MaskWork::copy: return "copy";
    case MaskWork::encode: return "encode";
  }
  return "";
}

// --- checks

using Bytes = std::vector<std::byte>;

Bytes masked(std::span<const std::byte> payload) {
  Bytes bytes(payload.size());
  detail::mask_scalar(bytes.data(), payload.data(), payload.size(), kKey, 0);
  return bytes;
}

// RFC 6455 section 5.2, for a payload of less than 64 KiB.
Bytes frame_of(std::span<const std::byte> payload) {
  const std::size_t bytes = payload.size();
  Bytes frame{std::byte{kFirstByte}};
  if (bytes <= kMaxShortPayloadBytes) {
    frame.push_back(static_cast<std::byte>(0x80 | bytes));
  } else {
    for (const std::size_t octet : {std::size_t{0x80 | 126}, bytes >> 8, bytes & 0xFF})
      frame.push_back(static_cast<std::byte>(octet));
  }
  const auto key = std::as_bytes(std::span(&kKey.wire, 1));
  frame.insert(frame.end(), key.begin(), key.end());
  const Bytes body = masked(payload);
  frame.insert(frame.end(), body.begin(), body.end());
  return frame;
}

/// What encode_client_frame() does, by this kernel.
void write_frame(const detail::MaskKernel& kernel, const Workload::Call& call, MaskKey key) {
  if (call.bytes <= kMaxShortPayloadBytes)
    return kernel.encode_short(call.destination, call.source, call.bytes, kFirstByte, key.wire);
  const std::size_t header_bytes =
      encode_frame_header({call.destination, kMaxFrameHeaderBytes},
                          {.opcode = Opcode::binary, .mask = key, .payload_bytes = call.bytes});
  kernel.copy(call.destination + header_bytes, call.source, call.bytes, key.wire);
}

bool is_right(const detail::MaskKernel& kernel, MaskWork what, const Workload& work, std::size_t i) {
  const Workload::Call call = work[i];
  const std::span<const std::byte> payload(call.source, call.bytes);
  switch (what) {
    case MaskWork::in_place:
      return yardstick::changes_only(work.source_slot(i), call.source, masked(payload),
                                     [&] { kernel.in_place(call.source, call.bytes, kKey.wire); });
    case MaskWork::copy:
      return yardstick::changes_only(work.destination_slot(i), call.destination, masked(payload), [&] {
        kernel.copy(call.destination, call.source, call.bytes, kKey.wire);
      });
    case MaskWork::encode:
      return yardstick::changes_only(work.destination_slot(i), call.destination, frame_of(payload),
                                     [&] { write_frame(kernel, call, kKey); });
  }
  return false;
}

std::optional<Error> fault_of(const detail::MaskKernel& kernel, const MaskCase& tried, const Workload& work) {
  constexpr std::size_t kBytesToCheck = 1 << 20;
  const std::size_t calls = std::clamp<std::size_t>(kBytesToCheck / work.slot_bytes(), 1, 1024);
  for (std::size_t i = 0; i < calls; ++i) {
    if (is_right(kernel, tried.work, work, i)) continue;
    return Error{fmt::format("mask kernel {}, {} of {} bytes", kernel.name, tried.name(), work[i].bytes),
                 "its result is not that of the scalar definition (RFC 6455 section 5.3)",
                 "nothing was timed"};
  }
  return std::nullopt;
}

// --- contestants

/// Every call of the workload, through a pointer that the compiler knows nothing about.
template <class Call>
Contestant each(const Workload& work, std::size_t site, Call call) {
  return {[&work, site, call](std::size_t first, std::size_t calls) { work.each(site, first, calls, call); }};
}

Contestant in_place(const Workload& work, std::size_t site, detail::MaskInPlace kernel) {
  return each(work, site,
              [kernel](const Workload::Call& call) { kernel(call.source, call.bytes, kKey.wire); });
}

Contestant copy(const Workload& work, std::size_t site, detail::MaskCopy kernel) {
  return each(work, site, [kernel](const Workload::Call& call) {
    kernel(call.destination, call.source, call.bytes, kKey.wire);
  });
}

/// As many bytes as the finished frame has.
Contestant copy_frame(const Workload& work, std::size_t site, detail::MaskCopy kernel) {
  return each(work, site, [kernel](const Workload::Call& call) {
    const std::size_t header_bytes = frame_header_bytes(call.bytes, true);
    kernel(call.destination, call.source, call.bytes + header_bytes, kKey.wire);
  });
}

Contestant encode_nothing(const Workload& work, std::size_t site, detail::EncodeShort kernel) {
  return each(work, site, [kernel](const Workload::Call& call) {
    kernel(call.destination, call.source, call.bytes, kFirstByte, kKey.wire);
  });
}

/// A kernel's part in a frame and in its key alone, where no length asks for more.
Contestant encode_short_frames(const Workload& work, std::size_t site, detail::EncodeShort kernel,
                               SecureRandom& random) {
  return each(work, site, [kernel, &random](const Workload::Call& call) {
    kernel(call.destination, call.source, call.bytes, kFirstByte, random.next_mask_key().wire);
  });
}

Contestant encode_frames(const Workload& work, std::size_t site, const detail::MaskKernel& kernel,
                         SecureRandom& random) {
  return each(work, site, [&kernel, &random](const Workload::Call& call) {
    write_frame(kernel, call, random.next_mask_key());
  });
}

/// The same lengths for each contestant. The limit has its data at the start of a cache line even where the
/// others do not.
struct Field {
  Workload work;
  Workload aligned;
  SecureRandom random;

  explicit Field(const MaskCase& of)
      : work({.lengths = of.lengths,
              .placement = of.lengths.fixed() ? Placement::aligned() : Placement::any()}),
        aligned({.lengths = of.lengths}) {}
};

// The first contestants of every race.
enum Yardstick : std::size_t { kNoop, kMemcpy, kLimit, kYardsticks };

std::vector<Contestant> yardsticks(const Field& field, MaskWork what) {
  const yardstick::Limit& limit = yardstick::widest_limit();
  const Contestant memory = copy(field.work, kMemcpy, yardstick::copy_by_memcpy);
  switch (what) {
    case MaskWork::in_place:
      return {in_place(field.work, kNoop, yardstick::noop_in_place), memory,
              in_place(field.aligned, kLimit, limit.in_place)};
    case MaskWork::copy:
      return {copy(field.work, kNoop, yardstick::noop_copy), memory, copy(field.aligned, kLimit, limit.copy)};
    case MaskWork::encode:
      return {encode_nothing(field.work, kNoop, yardstick::noop_encode),
              copy_frame(field.work, kMemcpy, yardstick::copy_by_memcpy),
              copy_frame(field.aligned, kLimit, limit.copy)};
  }
  return {};
}

Contestant contestant(Field& field, const MaskCase& of, std::size_t site, const detail::MaskKernel& kernel) {
  switch (of.work) {
    case MaskWork::in_place: return in_place(field.work, site, kernel.in_place);
    case MaskWork::copy: return copy(field.work, site, kernel.copy);
    case MaskWork::encode:
      if (of.lengths.most > kMaxShortPayloadBytes)
        return encode_frames(field.work, site, kernel, field.random);
      return encode_short_frames(field.work, site, kernel.encode_short, field.random);
  }
  return {};
}

Result<std::vector<MaskRow>> measure(const MaskCase& of, std::span<const detail::MaskKernel> kernels,
                                     const yardstick::RaceRules& rules,
                                     const std::function<Duration()>& elapsed) {
  Field field(of);
  for (const detail::MaskKernel& kernel : kernels) {
    if (auto fault = fault_of(kernel, of, field.work)) return *std::move(fault);
  }
  std::vector<Contestant> contestants = yardsticks(field, of.work);
  for (const detail::MaskKernel& kernel : kernels) {
    contestants.push_back(contestant(field, of, contestants.size(), kernel));
  }
  const std::vector<double> ns = race(contestants, rules, elapsed);
  std::vector<MaskRow> rows;
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    rows.push_back(
        {of, std::string(kernels[i].name), ns[kYardsticks + i], ns[kNoop], ns[kMemcpy], ns[kLimit]});
  }
  return rows;
}

}  // namespace

std::string MaskCase::name() const {
  return fmt::format("{}_{}", name_of(work), lengths.fixed() ? "fixed" : "random");
}

std::vector<MaskCase> mask_cases() {
  std::vector<MaskCase> cases;
  for (const MaskWork work : {MaskWork::in_place, MaskWork::copy}) {
    for (const std::uint32_t bytes : kFixed) cases.push_back({work, Lengths::of(bytes)});
    for (const Lengths& range : yardstick::random_ranges()) cases.push_back({work, range});
  }
  for (const std::uint32_t bytes : kFixedFrames) cases.push_back({MaskWork::encode, Lengths::of(bytes)});
  for (const Lengths& range : yardstick::random_ranges()) {
    if (range.most <= kLongestFrames) cases.push_back({MaskWork::encode, range});
  }
  return cases;
}

Result<std::vector<MaskRow>> measure_masks(std::span<const detail::MaskKernel> kernels,
                                           const yardstick::RaceRules& rules,
                                           const std::function<Duration()>& elapsed) {
  std::vector<MaskRow> all;
  for (const MaskCase& of : mask_cases()) {
    auto rows = measure(of, kernels, rules, elapsed);
    if (!rows) return rows.errors();
    std::ranges::move(*rows, std::back_inserter(all));
  }
  return all;
}

}  // namespace ringstorm
