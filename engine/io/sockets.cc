#include "io/sockets.h"

namespace ringstorm {
namespace {

Failure with_errno(Cause cause, int code) {
  return {cause, static_cast<std::uint16_t>(code)};
}

}  // namespace

Failure connect_failure(int code) {
  switch (code) {
    case ECONNREFUSED: return {Cause::connect_refused};
    case ETIMEDOUT: return {Cause::connect_timed_out};
    case ENETUNREACH:
    case EHOSTUNREACH: return {Cause::network_unreachable};
    case EADDRINUSE:  // the source that was to be
    case EADDRNOTAVAIL: return {Cause::no_local_port};
    default: return with_errno(Cause::connect_failed, code);
  }
}

Failure receive_failure(int code) {
  switch (code) {
    case 0: return {Cause::connection_closed};
    case ECONNRESET:
    case EPIPE: return {Cause::connection_reset};
    default: return with_errno(Cause::receive_failed, code);
  }
}

Failure send_failure(int code) {
  if (code == ECONNRESET || code == EPIPE) return {Cause::connection_reset};
  return with_errno(Cause::send_failed, code);
}

}  // namespace ringstorm
