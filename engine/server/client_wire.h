// What lies between a client's socket and its connection: nothing, or a transport stage, which opens first
// and then seals what is said. The connection sees what the client says, the socket what goes over the wire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "server/connection.h"
#include "transport/stage.h"

namespace ringstorm {

class ClientWire {
 public:
  /// Called once, before anything else. Null: the bytes pass as they are.
  void begin(TransportFactory* factory);

  void receive(std::span<std::byte> bytes, ServerConnection& connection, ServerContext& context);
  /// As ServerConnection::receive_end.
  void receive_end(bool clean, ServerConnection& connection, ServerContext& context);

  /// What to hand to the socket now; empty when there is nothing or a send is under way.
  std::span<const std::byte> start_send(ServerConnection& connection, ServerContext& context);
  void finish_send(ServerConnection& connection, ServerContext& context);
  /// Everything that was to be said has left.
  bool is_out(const ServerConnection& connection) const {
    return connection.output().empty() && sealed_ == nullptr && (stage_ == nullptr || !stage_->has_output());
  }
  /// Everything not sent yet, including what is being sent.
  std::uint64_t unsent_bytes(const ServerConnection& connection) const {
    return connection.output().bytes() + (sealed_ == nullptr ? 0 : sealed_->size());
  }

  /// Returns its memory. Nothing may be on its way out any more.
  void release(ServerContext& context);

 private:
  enum class Phase : std::uint8_t {
    silent,   ///< nothing has come from the client
    opening,  ///< the stage's handshake
    open,
    ended,  ///< the client has ended in good order
    over,   ///< the stage has failed, and only its last words go out
  };

  bool speaks_plainly(std::span<const std::byte> bytes) const;
  void refuse_plain(ServerConnection& connection, ServerContext& context);
  void take_events(std::span<std::byte> bytes, ServerConnection& connection, ServerContext& context);
  void count_opened(bool resumed, ServerContext& context);
  void fail(ServerConnection& connection, ServerContext& context);
  std::size_t seal(std::span<const std::byte> plain, ServerConnection& connection, ServerContext& context);

  std::unique_ptr<TransportStage> stage_;
  Block* sealed_ = nullptr;  ///< what is being sent, as the stage made it
  Phase phase_ = Phase::silent;
};

}  // namespace ringstorm
