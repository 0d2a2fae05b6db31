#include "plan/proxy.h"

#include <map>

#include <gtest/gtest.h>

#include "codec/http_answer.h"
#include "plan/plan.h"

namespace ringstorm {
namespace {

TEST(Proxy, IsTakenApart) {
  const auto is = [](const char* url, const char* host, std::uint16_t port, const std::string& credentials) {
    const auto proxy = parse_proxy(url);
    ASSERT_TRUE(proxy.ok()) << url << to_string(proxy.error());
    EXPECT_EQ(proxy->host, host);
    EXPECT_EQ(proxy->port, port) << url;
    EXPECT_EQ(proxy->credentials, credentials);
  };
  is("http://proxy.example:3128", "proxy.example", 3128, "");
  is("HTTP://proxy.example/", "proxy.example", 80, "");
  is("proxy.example:8080", "proxy.example", 8080, "");
  is("http://[::1]:3128", "::1", 3128, "");
  is("http://jane@h:1", "h", 1, basic_credentials("jane", ""));
  is("http://jane:a:b@h:1", "h", 1, basic_credentials("jane", "a:b"));
  is("http://j%40ne:p%2Fw%3A@h:1", "h", 1, basic_credentials("j@ne", "p/w:"));
  is("http://jane:p@w@h:1", "h", 1, basic_credentials("jane", "p@w"));
}

TEST(Proxy, IsRefusedWithoutItsPassword) {
  for (const char* url :
       {"https://u:secret@h:1", "socks5://u:secret@h:1", "http://u:secret@:1", "http://u:secret@h:0",
        "http://u:secret@h:1/path", "http://u:secret%zz@h:1", "http://u:secret%0d@h", "http://a%3ab:secret@h",
        "http://u:secret@", "http://u:secret@h:1?x", ""}) {
    const auto proxy = parse_proxy(url);
    ASSERT_FALSE(proxy.ok()) << url;
    EXPECT_EQ(proxy.error().where, "/proxy/url");
    EXPECT_EQ(to_string(proxy.error()).find("secret"), std::string::npos) << to_string(proxy.error());
  }
  EXPECT_EQ(parse_proxy("https://h:1").error().what, "the proxy's scheme is \"https\", expected http");
}

TEST(Proxy, IsShownWithoutItsPassword) {
  EXPECT_EQ(parse_proxy("http://h:3128")->shown(), "http://h:3128");
  EXPECT_EQ(parse_proxy("http://u:secret@[::1]:3128")->shown(), "http://[::1]:3128, with a password");
}

using Variables = std::map<std::string, std::string>;

std::string found(const std::string& url, const Variables& variables) {
  return proxy_from_environment(url,
                                [&](const char* name) {
                                  const auto entry = variables.find(name);
                                  return entry == variables.end() ? nullptr : entry->second.c_str();
                                })
      .value_or("none");
}

TEST(Proxy, OfTheEnvironmentIsTheUsualOne) {
  EXPECT_EQ(found("ws://h/", {}), "none");
  EXPECT_EQ(found("ws://h/", {{"http_proxy", "a"}, {"HTTP_PROXY", "b"}, {"all_proxy", "c"}}), "a");
  EXPECT_EQ(found("ws://h/", {{"HTTP_PROXY", "b"}, {"all_proxy", "c"}}), "b");
  EXPECT_EQ(found("ws://h/", {{"https_proxy", "s"}, {"ALL_PROXY", "c"}}), "c");
  EXPECT_EQ(found("ws://h/", {{"http_proxy", ""}, {"all_proxy", ""}}), "none");
  EXPECT_EQ(found("ws+unix:/x", {{"http_proxy", "a"}}), "none");
  EXPECT_EQ(found("embedded:echo", {{"http_proxy", "a"}}), "none");
}

TEST(Proxy, IsNotForWhatNoProxyNames) {
  const auto excepted = [](const std::string& url, const std::string& list) {
    return found(url, {{"http_proxy", "a"}, {"NO_PROXY", list}}) == "none";
  };
  for (const char* list : {"*", "chat.example.org", "example.org", ".example.org", "*.example.org",
                           "x, EXAMPLE.org", "chat.example.org:9001"})
    EXPECT_TRUE(excepted("ws://chat.example.org:9001/", list)) << list;
  for (const char* list : {"", " , ", "ample.org", "chat.example.org:9002", "other.org", ":", "."})
    EXPECT_FALSE(excepted("ws://chat.example.org:9001/", list)) << list;
  EXPECT_TRUE(excepted("ws://127.0.0.1:9/", "127.0.0.1"));
  EXPECT_TRUE(excepted("ws://[::1]:9/", "::1"));
  EXPECT_TRUE(excepted("ws://[::1]:9/", "[::1]:9"));
  EXPECT_FALSE(excepted("ws://[::1]:9/", "[::1]:8"));
}

TEST(Proxy, IsTheFirstStageOfTheRouteAndTheFirstHost) {
  Scenario s;
  s.url = "ws://[::1]:9001/";
  s.proxy_url = "http://u:secret@proxy.example:3128";
  const MachineLimits limits{.cores = 2, .open_files = 20'000};
  const auto plan = make_plan(s, limits);
  ASSERT_TRUE(plan.ok()) << to_string(plan.error());
  EXPECT_EQ(plan->route.size(), 1u);
  EXPECT_EQ(plan->first_host(), "proxy.example");
  EXPECT_EQ(plan->first_port(), 3128);
  EXPECT_NE(describe(*plan).find("proxy        http://proxy.example:3128, with a password"),
            std::string::npos);
  s.url = "ws+unix:/run/app.sock";
  EXPECT_EQ(make_plan(s, limits).error().where, "/proxy");
  s.url = "ws://h/";
  s.proxy_url = "ftp://h";
  EXPECT_EQ(make_plan(s, limits).error().where, "/proxy/url");
}

}  // namespace
}  // namespace ringstorm
