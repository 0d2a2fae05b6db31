#include "transport/chain.h"

#include "base/check.h"

namespace ringstorm {

void TransportChain::begin(const TransportFactories& factories) {
  RS_CHECK(!factories.empty());
  place_ = 0;
  open_ = false;
  stage_ = factories[0]->make();
  stage_->begin();
}

TransportEvent TransportChain::next(std::span<std::byte>& input, std::span<std::byte> scratch,
                                    const TransportFactories& factories) {
  const TransportEvent event = stage_->next(input, scratch);
  if (event.kind != TransportEvent::Kind::ready) return event;
  open_ = std::size_t{place_} + 1 == factories.size();
  if (open_) return event;
  ++place_;
  stage_ = factories[place_]->make();
  stage_->begin();
  return event;
}

}  // namespace ringstorm
