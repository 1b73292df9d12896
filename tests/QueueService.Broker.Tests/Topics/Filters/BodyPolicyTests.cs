using System.Text;

namespace QueueService.Broker.Tests.Topics.Filters;

/// <summary>The operators of SNS's filter policies on bodies, after their public description.</summary>
public sealed class BodyPolicyTests
{
    /// <summary>Match, policy, body.</summary>
    public static TheoryData<bool, string, string> Cases { get; } = FilterTable.Read("""
        yes | {"store":["example_corp"]}                | {"store":"example_corp"}
        no  | {"store":["example_corp"]}                | {"store":"other"}
        no  | {"store":["example_corp"]}                | {"shop":{"store":"example_corp"}}
        yes | {"store":["a b"]}                         | {"st\u006fre":"a\u0020b"}
        yes | {"st\"ore":["\u00e9"]}                    | {"st\"ore":"é"}
        yes | {"e":["😀"]}                              | {"e":"\ud83d\ude00"}
        yes | {"a":{"b":["x"]}}                         | {"a":{"b":"x"}}
        no  | {"a":{"b":["x"]}}                         | {"a":{"c":"x"}}
        no  | {"a":{"b":["x"]}}                         | {"b":"x"}
        no  | {"a":{"b":["x"]}}                         | {"a":"x"}
        no  | {"a":{"b":["x"]}}                         | {"a.b":"x"}
        yes | {"a.b":["x"]}                             | {"a.b":"x"}
        yes | {"a":{"b":["x"],"c":["y"]}}               | {"a":{"c":"y","b":"x"}}
        no  | {"a":{"b":["x"],"c":["y"]}}               | {"a":{"b":"x"},"c":"y"}
        yes | {"a":{"b":{"c":{"d":{"e":[1]}}}}}         | {"a":{"b":{"c":{"d":{"e":1}}}}}
        no  | {"a":{"b":{"c":{"d":{"e":[1]}}}}}         | {"a":{"b":{"c":{"d":{"e":2}}}}}
        yes | {"n":[300]}                               | {"n":3.0e2}
        no  | {"n":[300]}                               | {"n":"300"}
        no  | {"n":["300"]}                             | {"n":300}
        yes | {"n":[{"numeric":[">",1e308]}]}           | {"n":1e400}
        yes | {"n":[{"numeric":["<",-1e308]}]}          | {"n":-1e400}
        yes | {"n":[{"numeric":[">=",0,"<",1]}]}        | {"n":0.5}
        no  | {"n":[{"numeric":[">=",0,"<",1]}]}        | {"n":"0.5"}
        yes | {"b":[true]}                              | {"b":true}
        no  | {"b":[true]}                              | {"b":"true"}
        yes | {"b":[false]}                             | {"b":false}
        yes | {"b":[null]}                              | {"b":null}
        no  | {"b":[null]}                              | {"b":0}
        no  | {"b":[null]}                              | {}
        yes | {"t":["b"]}                               | {"t":["a","b"]}
        no  | {"t":["c"]}                               | {"t":["a","b"]}
        yes | {"t":["b"]}                               | {"t":[["a"],[["b"]]]}
        yes | {"t":[{"prefix":"b"}]}                    | {"t":["a","bb"]}
        yes | {"t":[{"anything-but":["rugby"]}]}        | {"t":["rugby","tennis"]}
        no  | {"t":[{"anything-but":["rugby"]}]}        | {"t":["rugby"]}
        yes | {"t":[{"anything-but":["rugby"]}]}        | {"t":null}
        no  | {"t":[{"anything-but":["rugby"]}]}        | {}
        no  | {"t":[{"anything-but":["rugby"]}]}        | {"t":{"x":"y"}}
        yes | {"l":{"sku":["a"],"n":[2]}}               | {"l":[{"sku":"b","n":1},{"sku":"a","n":2}]}
        no  | {"l":{"sku":["a"],"n":[2]}}               | {"l":[{"sku":"a","n":1},{"sku":"b","n":2}]}
        yes | {"l":{"sku":["a"]}}                       | {"l":["x",{"sku":"a"}]}
        yes | {"l":{"sku":["a"]}}                       | {"l":[[{"sku":"a"}]]}
        no  | {"l":{"sku":["a"]}}                       | {"l":["a"]}
        yes | {"l":{"m":{"x":[1]}}}                     | {"l":[{"m":[{"x":2},{"x":1}]}]}
        no  | {"l":{"m":{"x":[1],"y":[1]}}}             | {"l":[{"m":[{"x":1}]},{"m":[{"y":1}]}]}
        yes | {"a":[{"exists":true}]}                   | {"a":null}
        yes | {"a":[{"exists":true}]}                   | {"a":[1]}
        no  | {"a":[{"exists":true}]}                   | {"a":{"b":1}}
        no  | {"a":[{"exists":true}]}                   | {"a":[{"b":1}]}
        no  | {"a":[{"exists":true}]}                   | {"a":[]}
        yes | {"a":[{"exists":false}]}                  | {}
        yes | {"a":[{"exists":false}]}                  | {"a":{"b":1}}
        yes | {"a":[{"exists":false}]}                  | {"a":[]}
        no  | {"a":[{"exists":false}]}                  | {"a":false}
        yes | {"a":{"b":[{"exists":false}]}}            | {"a":{"c":1}}
        yes | {"a":{"b":[{"exists":false}]}}            | {}
        yes | {"a":{"b":[{"exists":false}]}}            | {"a":5}
        no  | {"a":{"b":[{"exists":false}]}}            | {"a":{"b":1}}
        yes | {"a":{"b":[{"exists":true}]}}             | {"a":{"b":1}}
        yes | {"l":{"s":["a"],"x":[{"exists":false}]}}  | {"l":[{"s":"b","x":1},{"s":"a"}]}
        no  | {"l":{"s":["a"],"x":[{"exists":false}]}}  | {"l":[{"s":"b"},{"s":"a","x":1}]}
        yes | {"$or":[{"a":["1"]},{"b":{"c":["2"]}}]}   | {"b":{"c":"2"}}
        no  | {"$or":[{"a":["1"]},{"b":{"c":["2"]}}]}   | {"b":"2"}
        yes | {"d":{"$or":[{"x":[1]},{"y":[2]}]}}       | {"d":{"y":2}}
        no  | {"d":{"$or":[{"x":[1]},{"y":[2]}]}}       | {"y":2}
        yes | {"d":{"$or":[{"x":[1]},{"y":[2]}],"z":[3]}} | {"d":[{"x":1},{"y":2,"z":3}]}
        yes | {"$or":{"a":["x"]}}                       | {"$or":{"a":"x"}}
        yes | {"ip":[{"cidr":"10.0.0.0/8"}]}            | {"ip":"10.9.8.7"}
        yes | {"p":[{"wildcard":"/home/*/x"}]}          | {"p":"/home/me/x"}
        yes | {"p":[{"equals-ignore-case":"éA"}]}       | {"p":"\u00c9a"}
        yes | {"a":["2"]}                               | {"a":"1","a":"2"}
        no  | {"a":["1"]}                               | {"a":"1","a":"2"}
        no  | {"a":{"b":["1"]}}                         | {"a":{"b":"1","b":"2"}}
        no  | {"a":{"b":["1"]}}                         | {"a":{"b":"1"},"a":{}}
        yes | {"a":[{"exists":false}]}                  | {"a":"1","a":{}}
        no  | {"a":[{"exists":false}]}                  | hello
        no  | {"a":[{"exists":false}]}                  | "hello"
        no  | {"a":[{"exists":false}]}                  | [1,2]
        no  | {"a":[{"exists":false}]}                  | null
        no  | {"a":["x"]}                               | {"a":"x"
        no  | {"a":["x"]}                               | {"a":"x",}
        no  | {"a":["x"]}                               | {"a":"x"}{"b":1}
        no  | {"a":["x"]}                               | {"a":"x"} x }
        no  | {"a":["x"]}                               | {"a":"x","b":01}
        no  | {"a":["x"]}                               | {"a":"x","b":"\ud800", "a":"\ud800"}
        yes | {"a":["x"]}                               | {"a":"x"}
        """);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_policy_on_bodies_matches_as_described(bool matches, string policy, string body) =>
        Assert.Equal(
            matches,
            FilterMessages.Matches(FilterMessages.OfPolicy(policy, "body"), FilterMessages.WithBody(body)));

    [Fact]
    public void White_space_around_a_body_does_not_matter() =>
        Assert.True(FilterMessages.Matches(
            FilterMessages.OfPolicy("""{"a":["x"]}""", "body"), FilterMessages.WithBody("\r\n\t {\"a\" : \"x\"}\n ")));

    [Fact]
    public void An_empty_body_and_one_that_is_no_text_match_no_policy()
    {
        byte[] noText =
            FilterMessages.Written(Broker.Messages.MessageHeaders.None, [.. "{\"b\":\""u8, 0xFF, .. "\"}"u8]);
        var filter = FilterMessages.OfPolicy("""{"a":[{"exists":false}]}""", "body");
        Assert.False(FilterMessages.Matches(filter, FilterMessages.WithBody("")));
        Assert.False(FilterMessages.Matches(filter, noText));
    }

    [Fact]
    public void A_body_of_more_than_256_levels_counts_as_no_object()
    {
        var filter = FilterMessages.OfPolicy("""{"a":["x"]}""", "body");
        Assert.True(FilterMessages.Matches(filter, FilterMessages.WithBody(Nested(255))));
        Assert.False(FilterMessages.Matches(filter, FilterMessages.WithBody(Nested(256))));

        static string Nested(int levels) => new StringBuilder("{\"a\":\"x\",\"b\":")
            .Append('[', levels).Append(']', levels).Append('}').ToString();
    }
}
