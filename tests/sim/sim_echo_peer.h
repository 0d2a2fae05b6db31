// A WebSocket server in the simulated network: upgrades, echoes in order, answers the close, and keeps its
// own counts, which the engine's must agree with. With faults it also misbehaves in the ways servers do.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "codec/decoder.h"
#include "codec/handshake.h"
#include "server/deflated_connection.h"
#include "sim/sim_network.h"
#include "transport/stage.h"

namespace ringstorm {

/// What one peer saw and did; outlives it.
struct EchoPeerRecord {
  bool upgraded = false;       ///< the 101 was sent
  std::uint64_t messages = 0;  ///< whole ones that arrived
  std::uint64_t payload_bytes = 0;
  std::uint64_t wrong_messages = 0;  ///< not the expected payload
  std::uint64_t replies = 0;         ///< sent whole
  std::uint64_t pings = 0;
  std::uint64_t pongs = 0;
  std::uint64_t client_pings = 0;  ///< answered
  std::uint16_t close_code = 0;    ///< of the client's close frame
  Failure violation = {};          ///< by the client
  bool misbehaved = false;         ///< ended, reset or broke the protocol, or began the close
  bool client_gone = false;
};

struct EchoPeerOptions {
  std::string_view expected_payload;
  Duration least_think{0};
  Duration most_think{0};
  bool echoes = true;                        ///< false: a sink
  std::optional<DeflateTerms> deflate = {};  ///< permessage-deflate is agreed to within these
  TransportFactory* transport = nullptr;     ///< the server's side of what stands above TCP; null for nothing
};

class SimEchoPeer : public SimPeer {
 public:
  SimEchoPeer(SimConnection& connection, const EchoPeerOptions& options, EchoPeerRecord& record);

  void on_bytes(std::span<std::byte> bytes) override;
  void on_end() override { record_.client_gone = true; }

 private:
  void take(std::span<std::byte> bytes);
  void take_head(std::span<std::byte> bytes);
  void answer_upgrade(const ParsedUpgradeRequest& request);
  Receiving receiving();
  std::string compressed(Opcode opcode, std::string answer);
  void take_frames(std::span<std::byte> bytes);
  void on_message(Opcode opcode, bool was_compressed);
  void on_close_frame(std::uint16_t code);
  void reply(std::string frames);
  void reply_pong(std::string_view payload);
  bool misbehave(std::string_view about_to_send);
  void in_order(std::function<void()> action);

  // By way of the transport, when there is one.
  void open(std::span<std::byte> bytes);
  void say(std::string_view bytes);
  void say_output();
  void finish();

  SimConnection& connection_;
  EchoPeerOptions options_;
  EchoPeerRecord& record_;
  std::unique_ptr<TransportStage> transport_;
  bool answers_;
  bool upgrades_;
  std::string head_;
  Decoder decoder_;
  std::string message_;
  std::unique_ptr<DeflateService> deflate_service_;
  std::unique_ptr<DeflatedConnection> deflate_;
  CompressionTally tally_;
  bool closing_ = false;
  Instant busy_until_{};
};

}  // namespace ringstorm
