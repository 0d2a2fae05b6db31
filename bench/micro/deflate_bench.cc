// What permessage-deflate costs a message of 1 KiB of JSON: compressing and inflating it with the window of
// the messages before it, and by itself.
#include <memory>
#include <string>
#include <vector>

#include "codec/deflate.h"
#include "micro/check.h"

namespace ringstorm::bench {
namespace {

// Rows of a list, no two alike.
std::string json_of_1_kib(unsigned first) {
  std::string text = "[";
  for (unsigned i = first; text.size() < 1024; ++i) {
    text += R"({"id":)" + std::to_string(i * 7919 % 100'003) + R"(,"symbol":"S)" +
            std::to_string(i * 31 % 97) + R"(","price":)" + std::to_string(i * 104'729 % 9973) +
            R"(.25,"side":"buy","live":true},)";
  }
  text.resize(1023);
  return text + "]";
}

struct Memory {
  explicit Memory(std::size_t count) : size(count), bytes(std::make_unique<std::byte[]>(count)) {}
  std::span<std::byte> span() { return {bytes.get(), size}; }
  std::size_t size;
  std::unique_ptr<std::byte[]> bytes;
};

/// A thousand messages, so that a kept window holds others than the one that comes.
std::vector<std::string> some_messages() {
  std::vector<std::string> messages;
  for (unsigned i = 0; i < 1000; ++i) messages.push_back(json_of_1_kib(i * 13));
  return messages;
}

std::size_t compress(Deflater& deflater, const std::string& message, bool keeps_context,
                     std::span<std::byte> out) {
  deflater.begin(keeps_context);
  deflater.feed(std::as_bytes(std::span(message)), true);
  return deflater.write(out).bytes;
}

Inflater::Output inflate(Inflater& inflater, std::span<const std::byte> message, bool keeps_context,
                         std::span<std::byte> out) {
  inflater.begin(keeps_context);
  inflater.feed(message, true);
  return inflater.write(out);
}

/// All messages compressed one after the other.
std::vector<std::vector<std::byte>> compressed(const std::vector<std::string>& messages, bool keeps_context) {
  Memory memory(Deflater::memory_bytes({}));
  Deflater deflater(memory.span(), {});
  std::vector<std::byte> out(4096);
  std::vector<std::vector<std::byte>> all;
  for (const std::string& message : messages) {
    const std::size_t size = compress(deflater, message, keeps_context, out);
    all.emplace_back(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size));
  }
  return all;
}

void deflate_json_1_kib(benchmark::State& state, bool keeps_context) {
  const std::vector<std::string> messages = some_messages();
  Memory memory(Deflater::memory_bytes({}));
  Deflater deflater(memory.span(), {});
  std::vector<std::byte> out(4096);
  std::size_t next = 0;
  std::size_t made = 0;
  for (auto _ : state) {
    made += compress(deflater, messages[next], keeps_context, out);
    benchmark::ClobberMemory();
    if (++next == messages.size()) next = 0;
  }
  set_throughput(state, 1024);
  state.counters["ratio"] = 1024.0 * static_cast<double>(state.iterations()) / static_cast<double>(made);
}
BENCHMARK_CAPTURE(deflate_json_1_kib, kept, true);
BENCHMARK_CAPTURE(deflate_json_1_kib, fresh, false);

void inflate_json_1_kib(benchmark::State& state, bool keeps_context) {
  const std::vector<std::string> messages = some_messages();
  const auto all = compressed(messages, keeps_context);
  Memory memory(Inflater::memory_bytes(15));
  Inflater inflater(memory.span(), 15);
  std::vector<std::byte> out(4096);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Inflater::Output output = inflate(inflater, all[i], keeps_context, out);
    const std::string_view text(reinterpret_cast<const char*>(out.data()), output.bytes);
    if (!checked(state, text == messages[i], "does not inflate to what was compressed")) return;
  }
  std::size_t next = 0;
  for (auto _ : state) {
    // A window that is kept begins anew with the first message, which needs nothing of the last.
    benchmark::DoNotOptimize(inflate(inflater, all[next], keeps_context && next > 0, out));
    if (++next == all.size()) next = 0;
  }
  set_throughput(state, 1024);
}
BENCHMARK_CAPTURE(inflate_json_1_kib, kept, true);
BENCHMARK_CAPTURE(inflate_json_1_kib, fresh, false);

}  // namespace
}  // namespace ringstorm::bench
