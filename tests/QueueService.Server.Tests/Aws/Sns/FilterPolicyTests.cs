using QueueService.Aws.Sns;

namespace QueueService.Server.Tests.Aws.Sns;

public sealed class FilterPolicyTests
{
    [Theory]
    [InlineData("""{"a":["x"],"b":[{"numeric":[">",0,"<=",5]}],"c":[{"anything-but":["x","y"]}]}""", false)]
    [InlineData("""{"a":{"b":{"c":["x",1,true,null,{"exists":false}]}}}""", true)]
    [InlineData("""{"$or":[{"a":["x"]},{"b":["y"]}]}""", false)]
    public void A_policy_within_the_rules_is_taken(string policy, bool ofBody) =>
        Assert.Null(FilterPolicyCheck.Refuse(policy, ofBody));

    [Theory]
    [InlineData("nonsense", "failed to parse JSON.")]
    [InlineData("""{"a":["x"],"b":["x"],"c":["x"],"d":["x"],"e":["x"],"f":["x"]}""", "can not have more than 5 keys")]
    [InlineData("""{"a":{"b":["x"]}}""", "does not support nested filter policy")]
    [InlineData("""{"a":"x"}""", "\"a\" must be an object or an array")]
    [InlineData("""{"a":[]}""", "Empty arrays are not allowed")]
    [InlineData("""{"a":[["x"]]}""", "Match value must be String, number, true, false, or null")]
    [InlineData("""{"a":[{"begins":"x"}]}""", "Unrecognized match type begins")]
    [InlineData("""{"a":[{"exists":"yes"}]}""", "exists match pattern must be either true or false.")]
    [InlineData("""{"a":[{"prefix":1}]}""", "prefix match pattern must be a string")]
    [InlineData("""{"a":[{"numeric":["<"]}]}""", "Value of < must be numeric")]
    [InlineData("""{"a":[{"numeric":["<>",1]}]}""", "Unrecognized numeric range operator: <>")]
    [InlineData("""{"a":[{"numeric":[">",5,"<",1]}]}""", "Bottom must be less than top")]
    [InlineData("""{"a":[{"numeric":["=",5,"<",1]}]}""", "Too many elements in numeric expression")]
    [InlineData("""{"a":[{"numeric":["=",1000000001]}]}""", "must be between")]
    public void A_policy_beyond_them_is_refused_in_the_words_of_AWS(string policy, string words) =>
        Assert.Contains(words, FilterPolicyCheck.Refuse(policy, ofBody: false), StringComparison.Ordinal);

    [Fact]
    public void At_most_150_combinations_are_taken_and_depth_multiplies()
    {
        Assert.Null(FilterPolicyCheck.Refuse(Values("a", 75, "b", 2), ofBody: false));
        Assert.Contains(
            "too complex", FilterPolicyCheck.Refuse(Values("a", 76, "b", 2), ofBody: false), StringComparison.Ordinal);
        Assert.Contains(
            "too complex", FilterPolicyCheck.Refuse($$"""{"deep":{{Values("a", 38, "b", 2)}} }""", ofBody: true),
            StringComparison.Ordinal);
    }

    private static string Values(string one, int some, string other, int more) =>
        $$"""{"{{one}}":[{{string.Join(',', Enumerable.Range(0, some))}}],"{{other}}":[{{string.Join(',', Enumerable.Range(0, more))}}]}""";
}
