#include <gtest/gtest.h>

#include "io/ring.h"
#include "io/sockets.h"

namespace ringstorm {
namespace {

TEST(TicketTest, SurvivesTheKernel) {
  for (const Ticket::Operation operation :
       {Ticket::Operation::open, Ticket::Operation::close, Ticket::Operation::receive}) {
    for (const std::uint32_t generation : {0U, 1U, Ticket::kGenerationMask}) {
      for (const Slot slot : {0U, 1U, 0xFFFF'FFFFU}) {
        const Ticket ticket{operation, generation, slot};
        EXPECT_EQ(Ticket::unpack(ticket.pack()), ticket);
      }
    }
  }
}

TEST(TicketTest, TheGenerationWrapsAndSpillsNowhere) {
  const Ticket ticket{Ticket::Operation::send, Ticket::kGenerationMask + 1, 7};
  EXPECT_EQ(Ticket::unpack(ticket.pack()), (Ticket{Ticket::Operation::send, 0, 7}));
}

TEST(SocketFailures, NameTheCauseOfAnErrno) {
  EXPECT_EQ(connect_failure(ECONNREFUSED), Failure{Cause::connect_refused});
  EXPECT_EQ(connect_failure(ETIMEDOUT), Failure{Cause::connect_timed_out});
  EXPECT_EQ(connect_failure(EHOSTUNREACH), Failure{Cause::network_unreachable});
  EXPECT_EQ(connect_failure(ENETUNREACH), Failure{Cause::network_unreachable});
  EXPECT_EQ(connect_failure(EADDRNOTAVAIL), Failure{Cause::no_local_port});
  EXPECT_EQ(connect_failure(ENFILE), (Failure{Cause::connect_failed, ENFILE}));
  EXPECT_EQ(receive_failure(0), Failure{Cause::connection_closed});
  EXPECT_EQ(receive_failure(ECONNRESET), Failure{Cause::connection_reset});
  EXPECT_EQ(receive_failure(ETIMEDOUT), (Failure{Cause::receive_failed, ETIMEDOUT}));
  EXPECT_EQ(send_failure(EPIPE), Failure{Cause::connection_reset});
  EXPECT_EQ(send_failure(ETIMEDOUT), (Failure{Cause::send_failed, ETIMEDOUT}));
}

}  // namespace
}  // namespace ringstorm
