#include "io/resolution.h"

#include <thread>

namespace ringstorm {

Resolution::Resolution(const std::string& host, std::uint16_t port) : answer_(std::make_shared<Answer>()) {
  std::thread([answer = answer_, host, port] {
    answer->result = resolve(host, port);
    answer->known.store(true, std::memory_order_release);
  }).detach();
}

}  // namespace ringstorm
