// One connection's stages: they open one after the other, and the last one carries. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "transport/stage.h"

namespace ringstorm {

using TransportFactories = std::vector<std::unique_ptr<TransportFactory>>;

class TransportChain {
 public:
  /// Makes the first stage of `factories`, of which there must be one, and begins it.
  void begin(const TransportFactories& factories);
  /// Gives its memory back.
  void reset() { *this = {}; }
  bool begun() const { return stage_ != nullptr; }

  /// As TransportStage::next. `ready` comes for each stage; when `open()` is false after it, the next has
  /// begun. `phase()` is then already the next one's.
  TransportEvent next(std::span<std::byte>& input, std::span<std::byte> scratch,
                      const TransportFactories& factories);

  bool open() const { return open_; }
  /// Of the stage that is opening, or was the last to open.
  TransportPhase phase(const TransportFactories& factories) const { return factories[place_]->phase(); }
  TransportStage& stage() { return *stage_; }
  const TransportStage& stage() const { return *stage_; }

 private:
  std::unique_ptr<TransportStage> stage_;
  std::uint8_t place_ = 0;
  bool open_ = false;
};

}  // namespace ringstorm
