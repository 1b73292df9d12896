using QueueService.Broker.Topics.Filters;

namespace QueueService.Broker.Tests.Topics.Filters;

/// <summary>The operators of SNS's filter policies on attributes, after their public description.</summary>
public sealed class AttributePolicyTests
{
    /// <summary>Match, policy, attributes. A list is a String.Array, an object stands for a binary attribute.</summary>
    public static TheoryData<bool, string, string> Cases { get; } = FilterTable.Read("""
        yes | {"store":["example_corp"]}                       | {"store":"example_corp"}
        no  | {"store":["example_corp"]}                       | {"store":"example_corps"}
        no  | {"store":["example_corp"]}                       | {"store":"Example_corp"}
        no  | {"store":["example_corp"]}                       | {"shop":"example_corp"}
        no  | {"store":["example_corp"]}                       | {}
        no  | {"store":["x"]}                                  | {"Store":"x"}
        yes | {"store":[""]}                                   | {"store":""}
        yes | {"store":["a","b"]}                              | {"store":"b"}
        no  | {"store":["a","b"]}                              | {"store":"c"}
        yes | {"a":["1"],"b":["2"]}                            | {"a":"1","b":"2","c":"3"}
        no  | {"a":["1"],"b":["2"]}                            | {"a":"1","b":"3"}
        no  | {"a":["1"],"b":["2"]}                            | {"a":"1"}
        yes | {"město":["žluťoučký 馬"]}                       | {"město":"žluťoučký 馬"}
        yes | {"a":["x\ty"]}                                   | {"a":"x\ty"}
        yes | {"interests":["rugby"]}                          | {"interests":["rugby","tennis"]}
        yes | {"interests":["rugby","football"]}               | {"interests":["tennis","football"]}
        no  | {"interests":["rugby"]}                          | {"interests":["tennis"]}
        no  | {"interests":["rugby"]}                          | {"interests":[]}
        no  | {"photo":["AAAA"]}                               | {"photo":{}}
        yes | {"sold":[true]}                                  | {"sold":true}
        no  | {"sold":[true]}                                  | {"sold":false}
        yes | {"sold":[false]}                                 | {"sold":false}
        no  | {"sold":[true]}                                  | {"sold":"true"}
        no  | {"sold":["true"]}                                | {"sold":true}
        yes | {"a":[null]}                                     | {"a":["x",null]}
        no  | {"a":[null]}                                     | {"a":"null"}
        no  | {"a":[null]}                                     | {}
        yes | {"a":[true]}                                     | {"a":["x",true]}
        yes | {"price":[100]}                                  | {"price":100}
        yes | {"price":[100]}                                  | {"price":100.0}
        yes | {"price":[3e2]}                                  | {"price":300}
        yes | {"price":[300.0]}                                | {"price":3e2}
        yes | {"price":[0]}                                    | {"price":-0.0}
        yes | {"price":[0.00001]}                              | {"price":1e-5}
        yes | {"price":[-1000000000]}                          | {"price":-1e9}
        no  | {"price":[100]}                                  | {"price":100.00001}
        yes | {"price":[100,"free"]}                           | {"price":"free"}
        yes | {"price":[100]}                                  | {"price":"100"}
        yes | {"price":[100]}                                  | {"price":"1e2"}
        no  | {"price":[100]}                                  | {"price":"0100"}
        no  | {"price":[100]}                                  | {"price":"+100"}
        no  | {"price":[100]}                                  | {"price":" 100"}
        no  | {"price":[100]}                                  | {"price":"100."}
        no  | {"price":["100"]}                                | {"price":100}
        yes | {"price":["100"]}                                | {"price":"100"}
        no  | {"price":[100]}                                  | {"price":true}
        yes | {"price":[100]}                                  | {"price":[99,100]}
        no  | {"price":[100]}                                  | {"price":["100"]}
        yes | {"s":[{"prefix":"bas"}]}                         | {"s":"baseball"}
        yes | {"s":[{"prefix":"bas"}]}                         | {"s":"bas"}
        no  | {"s":[{"prefix":"bas"}]}                         | {"s":"Baseball"}
        no  | {"s":[{"prefix":"bas"}]}                         | {"s":"ba"}
        no  | {"s":[{"prefix":"bas"}]}                         | {"s":"a bas"}
        no  | {"s":[{"prefix":"1"}]}                           | {"s":12}
        yes | {"s":[{"prefix":"bas"}]}                         | {"s":["rugby","basketball"]}
        yes | {"s":[{"prefix":"é"}]}                           | {"s":"été"}
        yes | {"s":[{"suffix":"ball"}]}                        | {"s":"baseball"}
        yes | {"s":[{"suffix":"ball"}]}                        | {"s":"ball"}
        no  | {"s":[{"suffix":"ball"}]}                        | {"s":"balls"}
        no  | {"s":[{"suffix":"ball"}]}                        | {"s":"all"}
        no  | {"s":[{"suffix":"0"}]}                           | {"s":10}
        yes | {"s":[{"suffix":"é"}]}                           | {"s":"café"}
        yes | {"s":[{"equals-ignore-case":"tennis"}]}          | {"s":"TENNIS"}
        yes | {"s":[{"equals-ignore-case":"Tennis"}]}          | {"s":"tEnNiS"}
        yes | {"s":[{"equals-ignore-case":"ŽLUŤ"}]}            | {"s":"žluť"}
        yes | {"s":[{"equals-ignore-case":"Σ"}]}               | {"s":"ς"}
        no  | {"s":[{"equals-ignore-case":"tennis"}]}          | {"s":"tennis "}
        no  | {"s":[{"equals-ignore-case":"@"}]}               | {"s":"`"}
        no  | {"s":[{"equals-ignore-case":"true"}]}            | {"s":true}
        yes | {"s":[{"wildcard":"*ball"}]}                     | {"s":"baseball"}
        yes | {"s":[{"wildcard":"*ball"}]}                     | {"s":"ball"}
        yes | {"s":[{"wildcard":"base*"}]}                     | {"s":"baseball"}
        yes | {"s":[{"wildcard":"b*s*l"}]}                     | {"s":"baseball"}
        no  | {"s":[{"wildcard":"b*s*k"}]}                     | {"s":"baseball"}
        yes | {"s":[{"wildcard":"*se*"}]}                      | {"s":"baseball"}
        yes | {"s":[{"wildcard":"*"}]}                         | {"s":""}
        no  | {"s":[{"wildcard":"aba*aba"}]}                   | {"s":"ababa"}
        yes | {"s":[{"wildcard":"aba*aba"}]}                   | {"s":"abaaba"}
        no  | {"s":[{"wildcard":"*ab*ab*"}]}                   | {"s":"xabx"}
        yes | {"s":[{"wildcard":"*ab*ab*"}]}                   | {"s":"xabab"}
        yes | {"s":[{"wildcard":"a\\*b"}]}                     | {"s":"a*b"}
        no  | {"s":[{"wildcard":"a\\*b"}]}                     | {"s":"axb"}
        yes | {"s":[{"wildcard":"a\\\\*"}]}                    | {"s":"a\\b"}
        yes | {"s":[{"wildcard":"plain"}]}                     | {"s":"plain"}
        no  | {"s":[{"wildcard":"plain"}]}                     | {"s":"plainer"}
        no  | {"s":[{"wildcard":"1*"}]}                        | {"s":123}
        yes | {"n":[{"numeric":["=",301.5]}]}                  | {"n":3.015e2}
        no  | {"n":[{"numeric":["=",301.5]}]}                  | {"n":301}
        yes | {"n":[{"numeric":["!=",5]}]}                     | {"n":6}
        no  | {"n":[{"numeric":["!=",5]}]}                     | {"n":5.0}
        no  | {"n":[{"numeric":["!=",5]}]}                     | {"n":"six"}
        yes | {"n":[{"numeric":["<",0]}]}                      | {"n":-0.00001}
        no  | {"n":[{"numeric":["<",0]}]}                      | {"n":0}
        yes | {"n":[{"numeric":["<=",0]}]}                     | {"n":0}
        yes | {"n":[{"numeric":[">",0]}]}                      | {"n":1}
        no  | {"n":[{"numeric":[">",0]}]}                      | {"n":0}
        yes | {"n":[{"numeric":[">=",0]}]}                     | {"n":0}
        no  | {"n":[{"numeric":[">=",0]}]}                     | {"n":-1}
        yes | {"n":[{"numeric":[">",0,"<=",150]}]}             | {"n":150}
        no  | {"n":[{"numeric":[">",0,"<=",150]}]}             | {"n":0}
        no  | {"n":[{"numeric":[">",0,"<",150]}]}              | {"n":150}
        yes | {"n":[{"numeric":[">=",0,"<",150]}]}             | {"n":0}
        no  | {"n":[{"numeric":[">",0,"<=",150]}]}             | {"n":150.00001}
        yes | {"n":[{"numeric":["<",10]},{"numeric":[">",90]}]} | {"n":95}
        no  | {"n":[{"numeric":["<",10]},{"numeric":[">",90]}]} | {"n":50}
        yes | {"n":[{"numeric":[">",0]}]}                      | {"n":"12.5"}
        no  | {"n":[{"numeric":[">",0]}]}                      | {"n":"NaN"}
        no  | {"n":[{"numeric":[">",0]}]}                      | {"n":"Infinity"}
        no  | {"n":[{"numeric":[">",0]}]}                      | {"n":true}
        no  | {"n":[{"numeric":[">",0]}]}                      | {}
        yes | {"n":[{"numeric":[">",0]}]}                      | {"n":[-1,1]}
        yes | {"s":[{"anything-but":"rugby"}]}                 | {"s":"tennis"}
        no  | {"s":[{"anything-but":"rugby"}]}                 | {"s":"rugby"}
        yes | {"s":[{"anything-but":["rugby","tennis"]}]}      | {"s":"baseball"}
        no  | {"s":[{"anything-but":["rugby","tennis"]}]}      | {"s":"tennis"}
        no  | {"s":[{"anything-but":["rugby","tennis"]}]}      | {}
        yes | {"s":[{"anything-but":["rugby","tennis"]}]}      | {"s":["rugby","baseball"]}
        no  | {"s":[{"anything-but":["rugby","tennis"]}]}      | {"s":["rugby","tennis"]}
        no  | {"s":[{"anything-but":["rugby"]}]}               | {"s":[]}
        no  | {"s":[{"anything-but":["rugby"]}]}               | {"s":{}}
        yes | {"n":[{"anything-but":100}]}                     | {"n":101}
        no  | {"n":[{"anything-but":100}]}                     | {"n":1e2}
        no  | {"n":[{"anything-but":[100,500]}]}               | {"n":500}
        yes | {"n":[{"anything-but":[100,500]}]}               | {"n":"other"}
        no  | {"n":[{"anything-but":[100,500]}]}               | {"n":"500"}
        yes | {"n":[{"anything-but":["100"]}]}                 | {"n":100}
        no  | {"n":[{"anything-but":["a",1]}]}                 | {"n":1}
        yes | {"s":[{"anything-but":{"prefix":"bas"}}]}        | {"s":"rugby"}
        no  | {"s":[{"anything-but":{"prefix":"bas"}}]}        | {"s":"baseball"}
        yes | {"s":[{"anything-but":{"prefix":"bas"}}]}        | {"s":5}
        no  | {"s":[{"anything-but":{"prefix":["a","b"]}}]}    | {"s":"bus"}
        no  | {"s":[{"anything-but":{"suffix":"ball"}}]}       | {"s":"baseball"}
        yes | {"s":[{"anything-but":{"suffix":"ball"}}]}       | {"s":"rugby"}
        no  | {"s":[{"anything-but":{"wildcard":"*bas*"}}]}    | {"s":"embassy"}
        yes | {"s":[{"anything-but":{"wildcard":"*bas*"}}]}    | {"s":"tennis"}
        no  | {"s":[{"anything-but":{"equals-ignore-case":"tennis"}}]} | {"s":"TENNIS"}
        yes | {"s":[{"anything-but":{"equals-ignore-case":["a","b"]}}]} | {"s":"C"}
        yes | {"s":[{"anything-but":"x"},{"exists":false}]}    | {}
        no  | {"s":[{"anything-but":"x"},{"exists":false}]}    | {"s":"x"}
        yes | {"store":[{"exists":true}]}                      | {"store":"x"}
        yes | {"store":[{"exists":true}]}                      | {"store":false}
        no  | {"store":[{"exists":true}]}                      | {"fans":"x"}
        no  | {"store":[{"exists":true}]}                      | {"store":{}}
        yes | {"store":[{"exists":false}]}                     | {"fans":"x"}
        yes | {"store":[{"exists":false}]}                     | {}
        no  | {"store":[{"exists":false}]}                     | {"store":""}
        no  | {"store":[{"exists":false}],"a":["x"]}           | {"a":"y"}
        yes | {"ip":[{"cidr":"10.0.0.0/24"}]}                  | {"ip":"10.0.0.255"}
        yes | {"ip":[{"cidr":"10.0.0.0/24"}]}                  | {"ip":"10.0.0.0"}
        no  | {"ip":[{"cidr":"10.0.0.0/24"}]}                  | {"ip":"10.0.1.0"}
        no  | {"ip":[{"cidr":"10.0.0.0/24"}]}                  | {"ip":"10.0.0"}
        no  | {"ip":[{"cidr":"10.0.0.0/24"}]}                  | {"ip":"10.0.0.010"}
        no  | {"ip":[{"cidr":"10.0.0.0/24"}]}                  | {"ip":"10.0.0.256"}
        yes | {"ip":[{"cidr":"10.0.0.77/24"}]}                 | {"ip":"10.0.0.1"}
        yes | {"ip":[{"cidr":"1.2.3.4/32"}]}                   | {"ip":"1.2.3.4"}
        yes | {"ip":[{"cidr":"0.0.0.0/0"}]}                    | {"ip":"255.255.255.255"}
        no  | {"ip":[{"cidr":"0.0.0.0/0"}]}                    | {"ip":"::1"}
        yes | {"ip":[{"cidr":"2001:db8::/32"}]}                | {"ip":"2001:DB8:0:1::5"}
        no  | {"ip":[{"cidr":"2001:db8::/32"}]}                | {"ip":"2001:db9::"}
        yes | {"ip":[{"cidr":"::/0"}]}                         | {"ip":"1:2:3:4:5:6:7:8"}
        yes | {"ip":[{"cidr":"::ffff:10.0.0.0/104"}]}          | {"ip":"::ffff:10.1.2.3"}
        no  | {"ip":[{"cidr":"::/0"}]}                         | {"ip":"1:2:3:4:5:6:7"}
        no  | {"ip":[{"cidr":"::/0"}]}                         | {"ip":"1::2::3"}
        no  | {"ip":[{"cidr":"::/0"}]}                         | {"ip":"1:2:3:4:5:6:7:8:9"}
        no  | {"ip":[{"cidr":"::/0"}]}                         | {"ip":"12345::"}
        yes | {"$or":[{"a":["1"]},{"b":["2"]}]}                | {"b":"2"}
        yes | {"$or":[{"a":["1"]},{"b":["2"]}]}                | {"a":"1"}
        no  | {"$or":[{"a":["1"]},{"b":["2"]}]}                | {"a":"2","b":"1"}
        yes | {"c":["3"],"$or":[{"a":["1"]},{"b":["2"]}]}      | {"c":"3","b":"2"}
        no  | {"c":["3"],"$or":[{"a":["1"]},{"b":["2"]}]}      | {"b":"2"}
        yes | {"$or":[{"a":["1"]},{"b":["2"],"$or":[{"c":["3"]},{"d":["4"]}]}]} | {"b":"2","d":"4"}
        no  | {"$or":[{"a":["1"]},{"b":["2"],"$or":[{"c":["3"]},{"d":["4"]}]}]} | {"b":"2","d":"5"}
        yes | {"$or":[{"a":["1"]},{"b":[{"exists":false}]}]}   | {"a":"2"}
        yes | {"$or":["x"]}                                    | {"$or":"x"}
        yes | {"$or":[{"prefix":"x"},{"prefix":"y"}]}          | {"$or":"yes"}
        no  | {"$or":[{"prefix":"x"},{"prefix":"y"}]}          | {"prefix":"x"}
        """);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_policy_on_attributes_matches_as_described(bool matches, string policy, string attributes) =>
        Assert.Equal(
            matches,
            FilterMessages.Matches(FilterMessages.OfPolicy(policy), FilterMessages.WithAttributes(attributes)));

    [Theory]
    [InlineData("""{"n":[100]}""", """{"n":"100"}""", false)]
    [InlineData("""{"n":[100]}""", """{"n":100.0}""", true)]
    [InlineData("""{"n":[{"numeric":[">",1]}]}""", """{"n":"100"}""", false)]
    [InlineData("""{"n":[{"anything-but":100}]}""", """{"n":"100"}""", true)]
    public void With_the_types_of_SNS_a_string_is_never_a_number(string policy, string attributes, bool matches)
    {
        SubscriptionFilter filter =
            FilterMessages.Filter($$"""{"policy":{{policy}}}""", NumberMatching.NumbersOnly);
        Assert.Equal(matches, FilterMessages.Matches(filter, FilterMessages.WithAttributes(attributes)));
    }

    [Fact]
    public void An_array_that_is_no_JSON_has_no_elements()
    {
        byte[] message = FilterMessages.Written(
            new() { Attributes = [new("a", Broker.Messages.AttributeKind.StringArray, "[\"x\",")] }, []);
        Assert.False(FilterMessages.Matches(FilterMessages.OfPolicy("""{"a":["x"]}"""), message));
        Assert.True(FilterMessages.Matches(FilterMessages.OfPolicy("""{"a":[{"exists":false}]}"""), message));
    }
}
