// Input: who is spoken to and how (1 byte), how many cut sizes, the cut sizes (used in turn), the bytes. They
// come to a client's or a server's TLS, as they are or laid over what a genuine peer says. Whatever they are:
// nothing is heard that the peer did not say, and a stage that failed or closed says nothing more.
#include <algorithm>
#include <string>
#include <vector>

#include "base/check.h"
#include "fuzz/input.h"
#include "transport/tls.h"
#include "unit/transport/tls_pair.h"

using namespace ringstorm;

namespace {

constexpr std::string_view kSaid = "what the peer says";

struct Ends {
  std::unique_ptr<TransportFactory> client;
  std::unique_ptr<TransportFactory> server;
};

// Without sessions, so that no run depends on the one before it.
Ends make_ends(TlsVersion version) {
  static const test::TestAuthority authority;
  static const test::TestIdentity identity = authority.issue();
  static const test::TestFile ca_file(authority.certificate());
  const TlsChoices choices{.max_version = version, .resumption = false};
  const auto client = tls_client({.choices = choices, .host = "localhost", .ca_file = ca_file.path()});
  const auto server = tls_server(
      {.choices = choices, .certificate = identity.certificate, .private_key = identity.private_key});
  RS_CHECK(client.ok() && server.ok());
  return {(*client)->for_shard(), (*server)->for_shard()};
}

const Ends& ends(bool tls13) {
  static const Ends old = make_ends(TlsVersion::tls12);
  static const Ends now = make_ends(TlsVersion::tls13);
  return tls13 ? now : old;
}

/// Changes what passes: each byte of `mask` is laid over every second one that comes along.
class Meddler {
 public:
  explicit Meddler(std::span<const std::byte> mask) : mask_(mask) {}
  void over(std::vector<std::byte>& flight) {
    for (std::byte& byte : flight) {
      if (at_ == mask_.size()) return;
      if (++passed_ % 2 == 0) byte ^= mask_[at_++];
    }
  }

 private:
  std::span<const std::byte> mask_;
  std::size_t at_ = 0;
  std::size_t passed_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned choices = input.byte();
  const std::span<const std::byte> cuts = input.take(input.byte() % 16);
  const std::span<const std::byte> bytes = input.rest();
  const Ends& both = ends((choices & 1) != 0);
  test::TlsEnd client(*both.client), server(*both.server);
  test::TlsEnd& victim = (choices & 2) != 0 ? client : server;
  test::TlsEnd& peer = (choices & 2) != 0 ? server : client;

  std::size_t cut = 0;
  const auto give = [&](std::vector<std::byte> flight) {
    std::span<std::byte> left = flight;
    while (!left.empty()) {
      const std::size_t wanted =
          cuts.empty() ? left.size() : 1 + std::to_integer<std::size_t>(cuts[cut++ % cuts.size()]);
      const std::size_t piece = std::min(wanted, left.size());
      victim.take(left.first(piece));
      left = left.subspan(piece);
    }
  };
  if ((choices & 8) != 0) test::converse(client, server);
  if ((choices & 4) != 0) {
    Meddler meddler(bytes);
    for (int turns = 0; turns < 8; ++turns) {
      peer.take(victim.output());
      std::vector<std::byte> flight = peer.output();
      if (flight.empty() && peer.ready) flight = peer.seal(kSaid);
      meddler.over(flight);
      give(flight);
    }
  } else {
    give({bytes.begin(), bytes.end()});
  }
  const std::size_t whole = victim.heard.size() / kSaid.size();
  for (std::size_t i = 0; i < whole; ++i)
    RS_CHECK(victim.heard.substr(i * kSaid.size(), kSaid.size()) == kSaid);
  RS_CHECK(victim.heard.size() % kSaid.size() == 0);
  RS_CHECK(!victim.failure || victim.stage().plain_room(10'000) == 0);
  victim.stage().close();
  victim.output();
  return 0;
}
