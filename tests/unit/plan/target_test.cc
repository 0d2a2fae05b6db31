#include "plan/target.h"

#include <gtest/gtest.h>

namespace ringstorm {
namespace {

struct GoodCase {
  const char* url;
  const char* host;
  std::uint16_t port;
  const char* resource;
  const char* host_header;
  bool tls = false;
};
class GoodUrl : public testing::TestWithParam<GoodCase> {};
TEST_P(GoodUrl, IsTakenApart) {
  const GoodCase& expected = GetParam();
  const auto target = parse_target(expected.url);
  ASSERT_TRUE(target.ok()) << to_string(target.error());
  EXPECT_EQ(target->kind, Target::Kind::network);
  EXPECT_EQ(target->host, expected.host);
  EXPECT_EQ(target->port, expected.port);
  EXPECT_EQ(target->tls, expected.tls);
  EXPECT_EQ(target->resource, expected.resource);
  EXPECT_EQ(target->host_header, expected.host_header);
}
INSTANTIATE_TEST_SUITE_P(
    Forms, GoodUrl,
    testing::Values(GoodCase{"ws://127.0.0.1:9001/chat?x=1", "127.0.0.1", 9001, "/chat?x=1",
                             "127.0.0.1:9001"},
                    GoodCase{"ws://example.org", "example.org", 80, "/", "example.org"},
                    GoodCase{"ws://example.org/", "example.org", 80, "/", "example.org"},
                    GoodCase{"ws://example.org:80/a", "example.org", 80, "/a", "example.org"},
                    GoodCase{"WS://Example.ORG/A", "Example.ORG", 80, "/A", "Example.ORG"},
                    GoodCase{"wss://example.org", "example.org", 443, "/", "example.org", true},
                    GoodCase{"WSS://example.org:443/a", "example.org", 443, "/a", "example.org", true},
                    GoodCase{"wss://example.org:80/", "example.org", 80, "/", "example.org:80", true},
                    GoodCase{"ws://example.org:443/", "example.org", 443, "/", "example.org:443"},
                    GoodCase{"ws://host?x", "host", 80, "/?x", "host"},
                    GoodCase{"ws://host:1?x=/y", "host", 1, "/?x=/y", "host:1"},
                    GoodCase{"ws://host:65535//a//b?", "host", 65535, "//a//b?", "host:65535"},
                    GoodCase{"ws://host/a%20b?c=%C3%BC", "host", 80, "/a%20b?c=%C3%BC", "host"},
                    GoodCase{"ws://host/a@b:c?d@e", "host", 80, "/a@b:c?d@e", "host"},
                    GoodCase{"ws://[::1]:9001/", "::1", 9001, "/", "[::1]:9001"},
                    GoodCase{"ws://[2001:db8::7]", "2001:db8::7", 80, "/", "[2001:db8::7]"},
                    GoodCase{"ws://[::ffff:127.0.0.1]/x", "::ffff:127.0.0.1", 80, "/x", "[::ffff:127.0.0.1]"},
                    GoodCase{"ws://my_service-1.local:08080/", "my_service-1.local", 8080, "/",
                             "my_service-1.local:8080"}));

struct BadCase {
  const char* url;
  const char* error;
};
class BadUrl : public testing::TestWithParam<BadCase> {};
TEST_P(BadUrl, IsRefusedWithTheReason) {
  const auto target = parse_target(GetParam().url);
  ASSERT_FALSE(target.ok()) << GetParam().url;
  EXPECT_EQ(to_string(target.error()), GetParam().error);
}
#define EXAMPLE "(such as ws://127.0.0.1:9001/ or embedded:echo)"
INSTANTIATE_TEST_SUITE_P(
    Schemes, BadUrl,
    testing::Values(
        BadCase{"", "url: is empty, expected ws://host:port/path " EXAMPLE},
        BadCase{"http://h:1/",
                "http://h:1/: the scheme is \"http\", expected ws or wss (did you mean ws://h:1/?)"},
        BadCase{"HTTPS://h/",
                "HTTPS://h/: the scheme is \"HTTPS\", expected ws or wss (did you mean wss://h/?)"},
        BadCase{"wsss://h/",
                "wsss://h/: the scheme is \"wsss\", expected ws or wss (did you mean wss://h/?)"},
        BadCase{"w://h/", "w://h/: the scheme is \"w\", expected ws or wss (did you mean ws://h/?)"},
        BadCase{"gopher://h/", "gopher://h/: the scheme is \"gopher\", expected ws or wss " EXAMPLE},
        BadCase{"localhost",
                "localhost: has no scheme, expected ws://host:port/path (did you mean ws://localhost?)"},
        BadCase{"localhost:9001/x",
                "localhost:9001/x: has no scheme, expected ws://host:port/path (did you mean "
                "ws://localhost:9001/x?)"},
        BadCase{"127.0.0.1:9001",
                "127.0.0.1:9001: has no scheme, expected ws://host:port/path (did you mean "
                "ws://127.0.0.1:9001?)"},
        BadCase{"[::1]:9001",
                "[::1]:9001: has no scheme, expected ws://host:port/path (did you mean ws://[::1]:9001?)"},
        BadCase{"//h/x", "//h/x: has no scheme, expected ws://host:port/path (did you mean ws://h/x?)"},
        BadCase{"/x", "/x: has no scheme, expected ws://host:port/path " EXAMPLE},
        BadCase{"://h", "://h: has no scheme, expected ws://host:port/path (did you mean ws://://h?)"}));
INSTANTIATE_TEST_SUITE_P(
    Parts, BadUrl,
    testing::Values(
        BadCase{"ws:", "ws:: has no host, expected ws://host:port/path (did you mean ws://?)"},
        BadCase{"ws:/h/x", "ws:/h/x: has no host, expected ws://host:port/path (did you mean ws://h/x?)"},
        BadCase{"ws://", "ws://: has no host, expected ws://host:port/path"},
        BadCase{"ws:///x", "ws:///x: has no host, expected ws://host:port/path"},
        BadCase{"ws://:9001/", "ws://:9001/: has no host, expected ws://host:port/path"},
        BadCase{"ws://?x", "ws://?x: has no host, expected ws://host:port/path"},
        BadCase{"ws://h:0/", "ws://h:0/: the port is \"0\", expected a number from 1 to 65535"},
        BadCase{"ws://h:65536/", "ws://h:65536/: the port is \"65536\", expected a number from 1 to 65535"},
        BadCase{"ws://h:4294967377/",
                "ws://h:4294967377/: the port is \"4294967377\", expected a number from 1 to 65535"},
        BadCase{"ws://h:/", "ws://h:/: the port is \"\", expected a number from 1 to 65535"},
        BadCase{"ws://h:http/", "ws://h:http/: the port is \"http\", expected a number from 1 to 65535"},
        BadCase{"ws://h:-1/", "ws://h:-1/: the port is \"-1\", expected a number from 1 to 65535"},
        BadCase{"ws://[::1]:99999/",
                "ws://[::1]:99999/: the port is \"99999\", expected a number from 1 to 65535"},
        BadCase{
            "ws://h/#x",
            "ws://h/#x: has a fragment (\"#…\"), which a ws URL must not have (RFC 6455 section 3) (write "
            "\"#\" as %23 when it is part of the path)"},
        BadCase{"ws://h#",
                "ws://h#: has a fragment (\"#…\"), which a ws URL must not have (RFC 6455 section 3) (write "
                "\"#\" as %23 when it is part of the path)"},
        BadCase{"ws://me:secret@h/",
                "ws://…@h: holds credentials, which a ws URL does not carry (set the header "
                "Authorization in /upgrade/headers)"},
        BadCase{
            "ws://h/%zz",
            "ws://h/%zz: has a bad percent-encoding \"%zz\" (two hexadecimal digits must follow \"%\", and "
            "\"%\" itself is written %25)"},
        BadCase{
            "ws://h/a%2",
            "ws://h/a%2: has a bad percent-encoding \"%2\" (two hexadecimal digits must follow \"%\", and "
            "\"%\" itself is written %25)"},
        BadCase{"ws://h/a b",
                "ws://h/a b: has a character at character 9 that a URL cannot hold (write it "
                "percent-encoded: %20)"},
        BadCase{"ws://h/\u00fc",
                "ws://h/\u00fc: has a character at character 8 that a URL cannot hold (write it "
                "percent-encoded: %C3)"},
        BadCase{"ws://h/\n",
                "ws://h/?: has a character at character 8 that a URL cannot hold (write it "
                "percent-encoded: %0A)"},
        BadCase{"ws://h/<x>", "ws://h/<x>: is not a URL: unexpected \"<\" at character 8 " EXAMPLE},
        BadCase{"ws://a%41b/",
                "ws://a%41b/: the host \"a%41b\" holds \"%\", expected letters, digits, \"-\" and \".\""},
        BadCase{"ws://a,b/",
                "ws://a,b/: the host \"a,b\" holds \",\", expected letters, digits, \"-\" and \".\""},
        BadCase{"ws://[v1.x]/", "ws://[v1.x]/: has an address of an unknown kind"}));
INSTANTIATE_TEST_SUITE_P(
    Embedded, BadUrl,
    testing::Values(
        BadCase{"embedded:",
                "embedded:: no embedded server is called \"\", expected echo, sink or broadcast"},
        BadCase{"embedded:ecko",
                "embedded:ecko: no embedded server is called \"ecko\", expected echo, sink or broadcast (did "
                "you mean "
                "\"echo\"?)"},
        BadCase{"embedded:mirror",
                "embedded:mirror: no embedded server is called \"mirror\", expected echo, sink or broadcast"},
        BadCase{
            "embeded:sink",
            "embeded:sink: the scheme is \"embeded\", expected ws or wss (did you mean embedded:sink?)"}));

TEST(Target, KnowsTheEmbeddedServers) {
  for (const char* mode : {"echo", "sink"}) {
    const auto target = parse_target(std::string{"embedded:"} + mode);
    ASSERT_TRUE(target.ok());
    EXPECT_EQ(target->kind, Target::Kind::embedded);
    EXPECT_EQ(target->embedded_mode, mode);
    EXPECT_EQ(target->resource, "/");
    EXPECT_EQ(target->port, 0);
  }
}

TEST(Target, TakesAUnixSocketApart) {
  const auto is = [](const std::string& url, const std::string& path, const std::string& resource) {
    const auto target = parse_target(url);
    ASSERT_TRUE(target.ok()) << to_string(target.error());
    EXPECT_EQ(target->kind, Target::Kind::unix_socket) << url;
    EXPECT_EQ(target->socket_path, path);
    EXPECT_EQ(target->resource, resource);
    EXPECT_EQ(target->host_header, "localhost");
    EXPECT_EQ(target->port, 0);
  };
  is("ws+unix:/run/app.sock:/chat?x=1:2", "/run/app.sock", "/chat?x=1:2");
  is("ws+unix:///run/app.sock:/chat", "/run/app.sock", "/chat");  // as npm's ws has it
  is("WS+UNIX:/run/app.sock", "/run/app.sock", "/");
  is("ws+unix:/run/a%20b c.sock:/", "/run/a%20b c.sock", "/");
  is("ws+unix:/" + std::string(106, 'a'), "/" + std::string(106, 'a'), "/");
}

#define UNIX_EXAMPLE "(such as ws+unix:/run/app.sock:/path)"
INSTANTIATE_TEST_SUITE_P(
    UnixSockets, BadUrl,
    testing::Values(
        BadCase{"ws+unix:", "ws+unix:: has no absolute path of a socket " UNIX_EXAMPLE},
        BadCase{"ws+unix:app.sock:/", "ws+unix:app.sock:/: has no absolute path of a socket " UNIX_EXAMPLE},
        BadCase{"ws+unix:/", "ws+unix:/: names a folder, expected a socket's path " UNIX_EXAMPLE},
        BadCase{"ws+unix:/run/:/x",
                "ws+unix:/run/:/x: names a folder, expected a socket's path " UNIX_EXAMPLE},
        BadCase{"ws+unix://run/app.sock:/x",
                "ws+unix://run/app.sock:/x: names a host, and a Unix socket has none (did you mean "
                "ws+unix:/run/app.sock:/x?)"},
        BadCase{
            "ws+unix:/run/app.sock:chat",
            "ws+unix:/run/app.sock:chat: the part after the socket's path is \"chat\", expected a path such "
            "as /chat " UNIX_EXAMPLE},
        BadCase{"ws+unix:/run/app.sock?x",
                "ws+unix:/run/app.sock?x: has a \"?\" or \"#\" before the colon that ends the socket's "
                "path " UNIX_EXAMPLE},
        BadCase{"ws+unix:/run/a\n:/",
                "ws+unix:/run/a?:/: the socket's path holds a control "
                "character " UNIX_EXAMPLE},
        BadCase{"ws+unix:/run/app.sock:/#x",
                "ws+unix:/run/app.sock:/#x: has a fragment (\"#…\"), which a ws URL must not have (RFC 6455 "
                "section 3) (write \"#\" as %23 when it is part of the path)"},
        BadCase{"ws-unix:/run/app.sock",
                "ws-unix:/run/app.sock: the scheme is \"ws-unix\", expected ws or wss (did you mean "
                "ws+unix:/run/app.sock?)"}));

TEST(Target, RefusesASocketPathThatNoAddressHolds) {
  const auto target = parse_target("ws+unix:/" + std::string(107, 'a') + ":/");
  ASSERT_FALSE(target.ok());
  EXPECT_EQ(target.error().what, "the socket's path takes 108 bytes, and an address holds 107");
}

TEST(Target, RefusesABareIpv6Address) {
  EXPECT_FALSE(parse_target("ws://::1/").ok());
}

TEST(Target, RefusesAnOverlongHost) {
  EXPECT_TRUE(parse_target("ws://" + std::string(253, 'a') + "/").ok());
  EXPECT_FALSE(parse_target("ws://" + std::string(254, 'a') + "/").ok());
}

TEST(Target, KnowsWhatIsOnThisMachine) {
  const auto local = [](const char* url) { return is_local(*parse_target(url)); };
  for (const char* url : {"embedded:echo", "ws+unix:/x", "ws://127.0.0.1/", "ws://127.9.9.9:1/",
                          "ws://[::1]/", "ws://[0:0::0:1]/", "ws://localhost/", "ws://LocalHost:9/"}) {
    EXPECT_TRUE(local(url)) << url;
  }
  for (const char* url : {"ws://128.0.0.1/", "ws://10.0.0.1/", "ws://[::2]/", "ws://example.org/",
                          "ws://localhost.example/", "ws://127.example/"}) {
    EXPECT_FALSE(local(url)) << url;
  }
}

}  // namespace
}  // namespace ringstorm
