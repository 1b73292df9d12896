using System.Globalization;
using System.Text;
using QueueService.Broker.Topics.Filters;

namespace QueueService.Broker.Tests.Topics.Filters;

public sealed class FilterRefusalTests
{
    [Theory]
    [InlineData("[]", "")]
    [InlineData("{", "")]
    [InlineData("", "")]
    [InlineData("""{"polcy":{}}""", "/polcy")]
    [InlineData("""{"a/b~c":1}""", "/a~1b~0c")]
    [InlineData("""{"policy":{"a":["x"]},"policy":{"a":["y"]}}""", "/policy")]
    [InlineData("""{"scope":"header","policy":{"a":["x"]}}""", "/scope")]
    [InlineData("""{"scope":1,"policy":{"a":["x"]}}""", "/scope")]
    [InlineData("""{"scope":"body"}""", "/scope")]
    [InlineData("""{"routingKey":5}""", "/routingKey")]
    [InlineData("""{"routingKey":"order*"}""", "/routingKey")]
    [InlineData("""{"routingKey":"a.##"}""", "/routingKey")]
    [InlineData("""{"policy":"x"}""", "/policy")]
    [InlineData("""{"policy":{"a":["\ud800"]}}""", "")]
    public void A_filter_that_is_none_is_refused_where_it_is_wrong(string filter, string pointer) =>
        Assert.Equal([pointer], Problems(filter).Select(problem => problem.Pointer));

    /// <summary>In the scope of bodies.</summary>
    [Theory]
    [InlineData("""{}""", "")]
    [InlineData("""{"a":{}}""", "/a")]
    [InlineData("""{"a":[]}""", "/a")]
    [InlineData("""{"a":"x"}""", "/a")]
    [InlineData("""{"a":null}""", "/a")]
    [InlineData("""{"a":["x"],"a":["y"]}""", "/a")]
    [InlineData("""{"a":[["x"]]}""", "/a/0")]
    [InlineData("""{"a":["x",{}]}""", "/a/1")]
    [InlineData("""{"a":[{"prefix":"x","suffix":"y"}]}""", "/a/0")]
    [InlineData("""{"a":[{"regex":"x"}]}""", "/a/0/regex")]
    [InlineData("""{"a":[{"Prefix":"x"}]}""", "/a/0/Prefix")]
    [InlineData("""{"a":[{"prefix":1}]}""", "/a/0/prefix")]
    [InlineData("""{"a":[{"prefix":""}]}""", "/a/0/prefix")]
    [InlineData("""{"a":[{"prefix":["x"]}]}""", "/a/0/prefix")]
    [InlineData("""{"a":[{"suffix":null}]}""", "/a/0/suffix")]
    [InlineData("""{"a":[{"suffix":""}]}""", "/a/0/suffix")]
    [InlineData("""{"a":[{"equals-ignore-case":true}]}""", "/a/0/equals-ignore-case")]
    [InlineData("""{"a":[{"wildcard":"a**b"}]}""", "/a/0/wildcard")]
    [InlineData("""{"a":[{"wildcard":"**"}]}""", "/a/0/wildcard")]
    [InlineData("""{"a":[{"wildcard":"*a*b*c*"}]}""", "/a/0/wildcard")]
    [InlineData("""{"a":[{"wildcard":"a\\b"}]}""", "/a/0/wildcard")]
    [InlineData("""{"a":[{"wildcard":"a\\"}]}""", "/a/0/wildcard")]
    [InlineData("""{"a":[{"wildcard":""}]}""", "/a/0/wildcard")]
    [InlineData("""{"a":[{"exists":"yes"}]}""", "/a/0/exists")]
    [InlineData("""{"a":[{"exists":null}]}""", "/a/0/exists")]
    [InlineData("""{"a":[{"cidr":"10.0.0.0"}]}""", "/a/0/cidr")]
    [InlineData("""{"a":[{"cidr":"10.0.0.0/33"}]}""", "/a/0/cidr")]
    [InlineData("""{"a":[{"cidr":"10.0.0.0/08"}]}""", "/a/0/cidr")]
    [InlineData("""{"a":[{"cidr":"10.0.0.256/8"}]}""", "/a/0/cidr")]
    [InlineData("""{"a":[{"cidr":"10.0.0/8"}]}""", "/a/0/cidr")]
    [InlineData("""{"a":[{"cidr":"2001:db8::/129"}]}""", "/a/0/cidr")]
    [InlineData("""{"a":[{"cidr":"1:2:3:4:5:6:7::8:9/64"}]}""", "/a/0/cidr")]
    [InlineData("""{"a":[{"cidr":8}]}""", "/a/0/cidr")]
    [InlineData("""{"a":[{"numeric":5}]}""", "/a/0/numeric")]
    [InlineData("""{"a":[{"numeric":[]}]}""", "/a/0/numeric")]
    [InlineData("""{"a":[{"numeric":["="]}]}""", "/a/0/numeric")]
    [InlineData("""{"a":[{"numeric":[">",1,"<"]}]}""", "/a/0/numeric")]
    [InlineData("""{"a":[{"numeric":[">",1,"<",2,"<",3]}]}""", "/a/0/numeric")]
    [InlineData("""{"a":[{"numeric":["==",1]}]}""", "/a/0/numeric/0")]
    [InlineData("""{"a":[{"numeric":[1,">"]}]}""", "/a/0/numeric/0", "/a/0/numeric/1")]
    [InlineData("""{"a":[{"numeric":["=","1"]}]}""", "/a/0/numeric/1")]
    [InlineData("""{"a":[{"numeric":["<",1,">",0]}]}""", "/a/0/numeric/0", "/a/0/numeric/2", "/a/0/numeric/3")]
    [InlineData("""{"a":[{"numeric":["=",1,"<",2]}]}""", "/a/0/numeric/0")]
    [InlineData("""{"a":[{"numeric":[">",1,"=",2]}]}""", "/a/0/numeric/2")]
    [InlineData("""{"a":[{"numeric":[">",2,"<",1]}]}""", "/a/0/numeric/3")]
    [InlineData("""{"a":[{"numeric":[">=",2,"<=",2.0]}]}""", "/a/0/numeric/3")]
    [InlineData("""{"a":[{"numeric":["=",1e400]}]}""", "/a/0/numeric/1")]
    [InlineData("""{"a":[9007199254740993]}""", "/a/0")]
    [InlineData("""{"a":[1e400]}""", "/a/0")]
    [InlineData("""{"a":[{"anything-but":[]}]}""", "/a/0/anything-but")]
    [InlineData("""{"a":[{"anything-but":null}]}""", "/a/0/anything-but")]
    [InlineData("""{"a":[{"anything-but":true}]}""", "/a/0/anything-but")]
    [InlineData("""{"a":[{"anything-but":["x",false]}]}""", "/a/0/anything-but/1")]
    [InlineData("""{"a":[{"anything-but":{}}]}""", "/a/0/anything-but")]
    [InlineData("""{"a":[{"anything-but":{"numeric":["=",1]}}]}""", "/a/0/anything-but/numeric")]
    [InlineData("""{"a":[{"anything-but":{"prefix":""}}]}""", "/a/0/anything-but/prefix")]
    [InlineData("""{"a":[{"anything-but":{"prefix":["x",1]}}]}""", "/a/0/anything-but/prefix/1")]
    [InlineData("""{"a":[{"anything-but":{"prefix":[]}}]}""", "/a/0/anything-but/prefix")]
    [InlineData("""{"a":[{"anything-but":{"prefix":"x","suffix":"y"}}]}""", "/a/0/anything-but")]
    [InlineData("""{"a":{"b":{"c":{"d":{"e":{"f":["x"]}}}}}}""", "/a/b/c/d/e")]
    [InlineData("""{"$or":[{"a":["x"]}]}""", "/$or/0/a")]
    [InlineData("""{"$or":[]}""", "/$or")]
    [InlineData("""{"$or":[{"a":["x"]},{}]}""", "/$or/1")]
    [InlineData("""{"$or":[{"a":["x"]},{"b":[{"oops":1}]}]}""", "/$or/1/b/0/oops")]
    [InlineData("""{"a/b":[{"oops":1}]}""", "/a~1b/0/oops")]
    [InlineData("""{"a":[],"b":[{"exists":0},{"cidr":""}],"c":5}""", "/a", "/b/0/exists", "/b/1/cidr", "/c")]
    public void A_policy_is_refused_with_the_places_of_all_that_is_wrong(string policy, params string[] pointers) =>
        Assert.Equal(
            pointers.Select(pointer => "/policy" + pointer),
            Problems($$"""{"scope":"body","policy":{{policy}}}""").Select(problem => problem.Pointer));

    [Fact]
    public void Attributes_have_no_keys_below_them() =>
        Assert.Equal(
            ["/policy/a"], Problems("""{"policy":{"a":{"b":["x"]}}}""").Select(problem => problem.Pointer));

    [Fact]
    public void Only_what_is_within_the_limits_is_a_filter()
    {
        const string Of39 = "abcdefghijklmnopqrstuvwxyzabcdefghijklm";
        Limit(FilterLimits.Keys, n => Keys(n, _ => "[1]"), "/policy");
        Limit(FilterLimits.Combinations, n => $$"""{"a":[{{Numbers(n)}}]}""", "/policy", "/policy");
        Limit(FilterLimits.Values, n => "{\"a\":[{\"anything-but\":[" + Numbers(n) + "]}]}", "/policy");
        Limit(FilterLimits.WildcardPoints, n => $$"""{"a":[{{Repeat(n, "{\"wildcard\":\"a*\"}")}}]}""", "/policy");
        Limit(FilterLimits.TextBytes, n => $$"""{"a":["{{new string('x', n)}}"]}""", "/policy/a/0");
        Limit(FilterLimits.KeyBytes, n => $$"""{"{{new string('x', n)}}":["x"]}""", "/policy/" + new string('x', 257));
        Limit(FilterLimits.Depth, Or, string.Concat(Enumerable.Repeat("/$or/1", 5)).Insert(0, "/policy") + "/$or");
        Assert.Equal(["/policy"], Problems(Of(Keys(4, _ => $"[{Numbers(7)}]")))
            .Select(problem => problem.Pointer));
        Assert.Equal([""], Problems(Of("{\"a\":[" + Repeat(1_600, $"\"{Of39}\"") + "]}"))
            .Select(problem => problem.Pointer));
        Assert.Equal(["/routingKey"], Problems($$"""{"routingKey":"{{new string('x', 256)}}"}""")
            .Select(problem => problem.Pointer));
        Assert.Empty(Problems($$"""{"routingKey":"{{new string('x', 255)}}"}"""));

        static void Limit(int most, Func<int, string> policy, params string[] pointers)
        {
            Assert.Empty(Problems(Of(policy(most))));
            Assert.Equal(
                pointers, Problems(Of(policy(most + 1))).Select(problem => problem.Pointer));
        }

        static string Of(string policy) => "{\"policy\":" + policy + "}";

        static string Or(int levels) =>
            levels == 0 ? """{"b":["x"]}""" : "{\"$or\":[{\"a\":[\"x\"]}," + Or(levels - 1) + "]}";
    }

    [Fact]
    public void Canonical_JSON_is_the_same_for_the_same_filter_and_reads_as_the_same()
    {
        const string Canonical = """{"scope":"body","policy":{"a":[1.50,"x"]},"routingKey":"k.#"}""";
        SubscriptionFilter filter = FilterMessages.Filter(
            """ { "routingKey":"k.#", "policy" : {"a" : [ 1.50, "x" ]}, "scope":"BODY" } """);
        Assert.Equal(Canonical, Encoding.UTF8.GetString(filter.Json.Span));
        Assert.Equal(Canonical, Encoding.UTF8.GetString(FilterMessages.Filter(Canonical).Json.Span));
        Assert.Equal("{}", Encoding.UTF8.GetString(FilterMessages.Filter("""{"policy":null}""").Json.Span));
        Assert.True(FilterMessages.Filter("{}").MatchesAll);
    }

    private static string Keys(int count, Func<int, string> value) =>
        "{" + string.Join(',', Enumerable.Range(0, count).Select(i => $"\"k{i}\":{value(i)}")) + "}";

    private static string Numbers(int count) =>
        string.Join(',', Enumerable.Range(0, count).Select(i => i.ToString(CultureInfo.InvariantCulture)));

    private static string Repeat(int count, string text) => string.Join(',', Enumerable.Repeat(text, count));

    private static IReadOnlyList<FilterProblem> Problems(string filter)
    {
        SubscriptionFilter.Parse(
            Encoding.UTF8.GetBytes(filter), NumberMatching.NumbersInStrings, out IReadOnlyList<FilterProblem> problems);
        return problems;
    }
}
