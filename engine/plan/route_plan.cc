#include "plan/route_plan.h"

#include "transport/tls.h"

namespace ringstorm {
namespace {

TlsClientOptions tls_options_of(const Scenario& scenario, const Target& target) {
  return {.choices = {.min_version = scenario.tls_min_version,
                      .max_version = scenario.tls_max_version,
                      .ciphers = scenario.tls_ciphers,
                      .ciphersuites = scenario.tls_ciphersuites,
                      .groups = scenario.tls_groups,
                      .resumption = scenario.tls_resumption,
                      .key_log = scenario.tls_key_log},
          .host = scenario.tls_server_name.empty() ? target.host : scenario.tls_server_name,
          .insecure = scenario.tls_insecure,
          .ca_file = scenario.tls_ca_file,
          .certificate = scenario.tls_certificate,
          .private_key = scenario.tls_private_key};
}

}  // namespace

Result<Route> plan_route(const Scenario& scenario, const Target& target) {
  Route route;
  if (target.tls) {
    const auto tls = tls_client(tls_options_of(scenario, target));
    if (!tls) return tls.errors();
    route.push_back(*tls);
  }
  return route;
}

}  // namespace ringstorm
