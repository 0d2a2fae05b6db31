#include "plan/route_plan.h"

#include <fmt/format.h>

#include "plan/proxy.h"
#include "transport/http_proxy.h"
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

/// The name in a CONNECT is the proxy's to resolve.
HttpProxyRules rules_for(const Proxy& proxy, const Target& target, const Scenario& scenario) {
  const bool literal_v6 = target.host.find(':') != std::string::npos;
  return {.authority = fmt::format("{}:{}", literal_v6 ? "[" + target.host + "]" : target.host, target.port),
          .credentials = proxy.credentials,
          .max_head_bytes = scenario.max_head_bytes};
}

}  // namespace

Result<Route> plan_route(const Scenario& scenario, const Target& target) {
  Route route;
  if (scenario.proxy_url) {
    const auto proxy = parse_proxy(*scenario.proxy_url);
    if (!proxy) return proxy.errors();
    route.push_back(http_proxy(rules_for(*proxy, target, scenario)));
  }
  if (target.tls) {
    const auto tls = tls_client(tls_options_of(scenario, target));
    if (!tls) return tls.errors();
    route.push_back(*tls);
  }
  return route;
}

}  // namespace ringstorm
