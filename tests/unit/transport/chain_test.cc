// Stages open one after the other, each takes only its own of what arrives, and the last one carries.
#include "transport/chain.h"

#include <array>
#include <cstring>
#include <string>

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

using Kind = TransportEvent::Kind;

/// Says its name, opens when the peer answers with a line, and then lets everything pass.
class Greeting : public TransportStage {
 public:
  explicit Greeting(std::string name) : output_(std::move(name)) {}

  void begin() override { begun_ = true; }
  TransportEvent next(std::span<std::byte>& input, std::span<std::byte>) override {
    while (!open_ && !input.empty()) {
      const char c = static_cast<char>(input.front());
      input = input.subspan(1);
      if (c == '!') return {.kind = Kind::failed, .failure = {Cause::tls_protocol_violation}};
      if (c == '\n') {
        open_ = true;
        return {.kind = Kind::ready};
      }
    }
    if (input.empty()) return {};
    return {.kind = Kind::plaintext, .bytes = std::exchange(input, {})};
  }
  bool has_output() const override { return begun_ && !output_.empty(); }
  std::size_t write_output(std::span<std::byte> out) override {
    const std::size_t written = std::min(out.size(), output_.size());
    std::memcpy(out.data(), output_.data(), written);
    output_.erase(0, written);
    return written;
  }
  std::size_t plain_room(std::size_t room) const override { return room; }
  std::size_t seal(std::span<const std::byte> plain, std::span<std::byte> out) override {
    std::memcpy(out.data(), plain.data(), plain.size());
    return plain.size();
  }
  void close() override {}
  Failure ended(Failure tcp) const override { return tcp; }
  Failure timed_out() const override { return {Cause::tls_timed_out}; }
  std::string_view said() const override { return {}; }

 private:
  std::string output_;
  bool begun_ = false;
  bool open_ = false;
};

class Greetings : public TransportFactory {
 public:
  Greetings(std::string name, TransportPhase phase) : name_(std::move(name)), phase_(phase) {}
  TransportPhase phase() const override { return phase_; }
  std::unique_ptr<TransportStage> make() override { return std::make_unique<Greeting>(name_); }

 private:
  std::string name_;
  TransportPhase phase_;
};

class Chain : public testing::Test {
 protected:
  Chain() {
    factories_.push_back(std::make_unique<Greetings>("proxy", TransportPhase::proxy));
    factories_.push_back(std::make_unique<Greetings>("tls", TransportPhase::tls));
    chain_.begin(factories_);
  }

  /// The events of some input as a word for each.
  std::string take(std::string text) {
    std::span<std::byte> input = std::as_writable_bytes(std::span(text));
    std::string seen;
    for (;;) {
      const TransportEvent event = chain_.next(input, scratch_, factories_);
      switch (event.kind) {
        case Kind::need_more: return seen;
        case Kind::ready: seen += chain_.open() ? "open " : "ready "; break;
        case Kind::plaintext:
          seen.append(reinterpret_cast<const char*>(event.bytes.data()), event.bytes.size());
          break;
        case Kind::closed: return seen + "closed";
        case Kind::failed: return seen + to_string(event.failure);
      }
    }
  }
  std::string output() {
    std::array<std::byte, 100> out;
    const std::size_t written = chain_.stage().write_output(out);
    return {reinterpret_cast<const char*>(out.data()), written};
  }

  TransportFactories factories_;
  TransportChain chain_;
  std::array<std::byte, TransportStage::kScratchBytes> scratch_;
};

TEST_F(Chain, OpensStageByStageAndThenCarries) {
  EXPECT_EQ(chain_.phase(factories_), TransportPhase::proxy);
  EXPECT_EQ(output(), "proxy");
  EXPECT_EQ(take("go on"), "");
  EXPECT_EQ(take("\n"), "ready ");
  EXPECT_FALSE(chain_.open());
  EXPECT_EQ(chain_.phase(factories_), TransportPhase::tls);
  EXPECT_EQ(output(), "tls");
  EXPECT_EQ(take("go\n"), "open ");
  EXPECT_TRUE(chain_.open());
  EXPECT_EQ(take("hello"), "hello");
}

TEST_F(Chain, WhatFollowsAnOpeningInTheSameReceiveIsTheNextStages) {
  EXPECT_EQ(take("a\nb\nhello"), "ready open hello");
}

TEST_F(Chain, AFailedStageIsTheChains) {
  EXPECT_EQ(take("a\nb!c"), "ready tls protocol violation");
  EXPECT_FALSE(chain_.open());
}

TEST_F(Chain, BeginsAnewAfterAReset) {
  EXPECT_EQ(take("a\nb\n"), "ready open ");
  chain_.reset();
  EXPECT_FALSE(chain_.begun());
  chain_.begin(factories_);
  EXPECT_FALSE(chain_.open());
  EXPECT_EQ(output(), "proxy");
}

}  // namespace
}  // namespace ringstorm
