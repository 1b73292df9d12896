using System.Globalization;
using System.Text;
using System.Text.Json;
using QueueService.Broker.Messages;
using QueueService.Broker.Topics.Filters;
using QueueService.Testing;

namespace QueueService.Broker.Tests.Topics.Filters;

public sealed class FilterIndexTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void The_index_agrees_with_each_filter_alone_and_with_the_plain_language(ulong seed)
    {
        SeededRandom random = new(seed);
        FilterSource source = new(random);
        FilterIndex index = new();
        Dictionary<uint, Known> known = [];
        List<uint> ids = [];
        int matched = 0, evaluated = 0;
        for (uint round = 0; round < 600; round++)
        {
            if (known.Count > 20 && random.Chance(2, 5)) Forget(known.Keys.ElementAt(random.Next(known.Count)));
            else Learn(round);
            Sent sent = Sent.Random(source, random);
            ids.Clear();
            index.Match(sent.Message, ids);
            uint[] expected = [.. known.Where(pair => pair.Value.Matches(sent)).Select(pair => pair.Key).Order()];
            Assert.True(
                expected.AsSpan().SequenceEqual(ids.ToArray()),
                $"seed {seed}, round {round}: {sent.Text} → {string.Join(' ', ids)} and not {string.Join(' ', expected)}: " +
                string.Join('\n', expected.Except(ids).Concat(ids.Except(expected)).Select(id => known[id].Text)));
            foreach ((uint id, Known filter) in known)
                Assert.Equal(expected.Contains(id), filter.Alone.Matches(sent.Message));
            matched += expected.Length;
            evaluated += known.Count;
        }

        Assert.InRange(matched, evaluated / 20, evaluated / 2);
        foreach (uint id in known.Keys.ToArray()) Forget(id);
        ids.Clear();
        index.Match(Sent.Random(source, random).Message, ids);
        Assert.Empty(ids);
        Assert.Equal(0, index.Count);

        void Learn(uint id)
        {
            known.Add(id, Known.Random(source, random));
            index.Add(id, known[id].Filter);
        }

        void Forget(uint id)
        {
            known.Remove(id);
            Assert.True(index.Remove(id));
            Assert.False(index.Remove(id));
        }
    }

    [Fact]
    public void Ids_come_in_rising_order_after_what_the_list_had()
    {
        FilterIndex index = new();
        foreach (uint id in (uint[])[9, 3, 7, 1]) index.Add(id, FilterMessages.OfPolicy("""{"a":["x","y"]}"""));
        index.Add(5, FilterMessages.Filter("{}"));
        List<uint> ids = [4_000];
        index.Match(FilterMessages.WithAttributes("""{"a":["y","x"]}"""), ids);
        Assert.Equal([4_000, 1, 3, 5, 7, 9], ids);
    }

    [Fact]
    public void Ranges_are_found_whatever_their_order_and_number()
    {
        SeededRandom random = new(11);
        FilterIndex index = new();
        List<(int Low, int High)> ranges = [];
        for (uint id = 0; id < 2_000; id++)
        {
            (int low, int length) = (random.Next(1_000), 1 + random.Next(random.Chance(1, 10) ? 500 : 5));
            ranges.Add((low, low + length));
            index.Add(id, FilterMessages.OfPolicy($$"""{"n":[{"numeric":[">=",{{low}},"<",{{low + length}}]}]}"""));
        }

        List<uint> ids = [];
        for (int n = -1; n < 1_100; n += 7)
        {
            ids.Clear();
            index.Match(FilterMessages.WithAttributes($$"""{"n":{{n}}}"""), ids);
            Assert.Equal(
                Enumerable.Range(0, 2_000).Where(i => ranges[i].Low <= n && n < ranges[i].High).Select(i => (uint)i), ids);
        }
    }

    [Fact]
    public void Matching_allocates_nothing()
    {
        FilterSource source = new(new SeededRandom(21));
        SeededRandom random = new(22);
        FilterIndex index = new();
        for (uint id = 0; id < 500; id++) index.Add(id, Known.Random(source, random).Filter);
        byte[][] messages = [.. Enumerable.Range(0, 50).Select(_ => Sent.Random(source, random).Message)];
        List<uint> ids = new(1_000);
        MatchAll();
        long before = GC.GetAllocatedBytesForCurrentThread();
        MatchAll();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void MatchAll()
        {
            foreach (byte[] message in messages)
            {
                ids.Clear();
                index.Match(message, ids);
            }
        }
    }

    private sealed record Known(SubscriptionFilter Filter, FilterEvaluation Alone, string Text, JsonElement Json)
    {
        public static Known Random(FilterSource source, SeededRandom random)
        {
            bool body = random.Chance(1, 2);
            List<string> fields = [];
            if (random.Chance(5, 6)) fields.Add($"\"scope\":\"{(body ? "body" : "attributes")}\",\"policy\":{source.Policy(body)}");
            if (random.Chance(1, 4)) fields.Add($"\"routingKey\":\"{source.Pattern()}\"");
            string text = "{" + string.Join(',', fields) + "}";
            NumberMatching numbers = random.Chance(1, 2) ? NumberMatching.NumbersInStrings : NumberMatching.NumbersOnly;
            // Some have too many combinations of values.
            return SubscriptionFilter.Parse(Encoding.UTF8.GetBytes(text), numbers, out _) is not { } filter
                ? Random(source, random)
                : new Known(filter, new FilterEvaluation(filter), text, JsonDocument.Parse(text).RootElement);
        }

        public bool Matches(Sent sent)
        {
            if (Json.TryGetProperty("routingKey", out JsonElement key)
                && !NaivePolicy.MatchesKey(key.GetString()!, sent.Key))
                return false;
            if (!Json.TryGetProperty("policy", out JsonElement policy)) return true;
            return Filter.Scope == FilterScope.Body
                ? NaivePolicy.Matches(policy, sent.Body, numbersInStrings: false)
                : NaivePolicy.Matches(policy, sent.Attributes, Filter.Numbers == NumberMatching.NumbersInStrings);
        }
    }

    private sealed record Sent(byte[] Message, string Text, string Key, JsonElement Attributes, JsonElement Body)
    {
        public static Sent Random(FilterSource source, SeededRandom random)
        {
            (string attributes, string body, string key) = (source.Attributes(), source.Body(), source.Key());
            byte[] with = FilterMessages.WithAttributes(attributes);
            MessageHeaders headers = MessageFormat.ReadHeaders(with);
            byte[] message = FilterMessages.Written(
                headers with { RoutingKey = key.Length == 0 && random.Chance(1, 2) ? null : key },
                Encoding.UTF8.GetBytes(body));
            return new Sent(
                message, string.Create(CultureInfo.InvariantCulture, $"{attributes} {body} {key}"), key,
                JsonDocument.Parse(attributes).RootElement, JsonDocument.Parse(body).RootElement);
        }
    }
}
