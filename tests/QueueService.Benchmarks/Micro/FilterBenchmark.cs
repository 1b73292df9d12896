using System.Diagnostics;
using System.Globalization;
using System.Text;
using QueueService.Broker.Messages;
using QueueService.Broker.Topics.Filters;

namespace QueueService.Benchmarks.Micro;

/// <summary>What one message costs among 10,000 filters of which 10 match, for each kind of filter. The message has six
/// attributes, a routing key and a body of 400 bytes.</summary>
internal static class FilterBenchmark
{
    private const int Filters = 10_000;
    private const int Matching = 10;
    private const int Rounds = 20_000;

    /// <summary>A kind of filter; {0} is the tenant that ten filters share.</summary>
    private static readonly (string Name, string Filter)[] Kinds =
    [
        ("attribute, exact", """{"policy":{"tenant":["tenant-{0}"]}}"""),
        ("attribute, exact, and one value that all have", """{"policy":{"type":["order"],"tenant":["tenant-{0}"]}}"""),
        ("attribute, prefix", """{"policy":{"path":[{"prefix":"/tenants/{0}/"}]}}"""),
        ("attribute, ignoring case", """{"policy":{"tenant":[{"equals-ignore-case":"Tenant-{0}"}]}}"""),
        ("attribute, numeric range", """{"policy":{"number":[{"numeric":[">",{0},"<",{0}.9]}]}}"""),
        (
            "attribute, exact and anything-but",
            """{"policy":{"tenant":["tenant-{0}"],"type":[{"anything-but":"noise"}]}}"""),
        ("routing key, exact", """{"routingKey":"order.{0}.eu.created"}"""),
        ("routing key, * and #", """{"routingKey":"*.{0}.#"}"""),
        ("body, exact, nested", """{"scope":"body","policy":{"customer":{"tenant":["tenant-{0}"]}}}"""),
        ("body, nested, $or of prefix and range",
            """{"scope":"body","policy":{"$or":[{"path":[{"prefix":"/tenants/{0}/"}]},{"number":[{"numeric":["=",{0}]}]}]}}"""),
    ];

    public static IEnumerable<FilterResult> Run()
    {
        foreach ((string name, string filter) in Kinds) yield return Measure(name, i => At(filter, i / Matching));
        // All but ten exclude the value that the message has: once the same ones, once each others as well.
        yield return Measure("attribute, anything-but alone", i => At(
            """{"policy":{"tenant":[{"anything-but":"tenant-{0}"}]}}""", i < Matching ? -1 : 500));
        yield return Measure("attribute, anything-but alone, 10,000 lists", i => At(
            i < Matching ? """{"policy":{"tenant":[{"anything-but":["a","{0}"]}]}}"""
                : """{"policy":{"tenant":[{"anything-but":["tenant-500","{0}"]}]}}""", i));
    }

    private static FilterResult Measure(string name, Func<int, string> filterOf)
    {
        FilterIndex index = new();
        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i < Filters; i++) index.Add((uint)i, Parse(filterOf(i)));
        double adding = Stopwatch.GetElapsedTime(started).TotalMicroseconds / Filters;
        byte[] message = Message(500);
        List<uint> matching = new(Filters);
        double[] microseconds = new double[Rounds];
        for (int i = 0; i < Rounds; i++) index.Match(message, Cleared(matching));
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Rounds; i++)
        {
            started = Stopwatch.GetTimestamp();
            index.Match(message, Cleared(matching));
            microseconds[i] = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        if (matching.Count != Matching) throw new BenchmarkException($"{name}: {matching.Count} filters match.");
        Array.Sort(microseconds);
        return new FilterResult(
            name, microseconds[Rounds / 2], microseconds[Rounds * 99 / 100], (double)allocated / Rounds, adding);
    }

    private static List<uint> Cleared(List<uint> list)
    {
        list.Clear();
        return list;
    }

    private static string At(string filter, int tenant) =>
        filter.Replace("{0}", tenant.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    private static SubscriptionFilter Parse(string json) =>
        SubscriptionFilter.Parse(
            Encoding.UTF8.GetBytes(json), NumberMatching.NumbersInStrings, out IReadOnlyList<FilterProblem> problems)
        ?? throw new BenchmarkException(string.Join("; ", problems));

    private static byte[] Message(int tenant)
    {
        byte[] body = Encoding.UTF8.GetBytes(
            $$"""
            {"id":"7f8e2c1a-90b1-4a55-8a51-0f3c2f1f9b11","type":"order.created","number":{{tenant}},
            "path":"/tenants/{{tenant}}/orders/7","customer":{"name":"Acme","tenant":"tenant-{{tenant}}","vip":true},
            "lines":[{"sku":"A-1","count":2,"price":19.9},{"sku":"B-2","count":1,"price":5}],
            "address":{"street":"Long Street 1","city":"Brno","country":"CZ"},"note":"{{new string('n', 80)}}"}
            """);
        MessageHeaders headers = new()
        {
            RoutingKey = At("order.{0}.eu.created", tenant),
            Attributes =
            [
                new("type", AttributeKind.String, "order"),
                new("tenant", AttributeKind.String, At("tenant-{0}", tenant)),
                new("path", AttributeKind.String, At("/tenants/{0}/orders/7", tenant)),
                new("number", AttributeKind.Number, At("{0}.5", tenant)),
                new("region", AttributeKind.String, "eu-central"),
                new("urgent", AttributeKind.Boolean, "true"),
            ],
        };
        byte[] message = new byte[MessageFormat.Measure(headers, body.Length)];
        MessageFormat.Write(message, headers, body);
        return message;
    }
}

internal sealed record FilterResult(
    string Name, double Median, double P99, double AllocatedBytes, double AddMicroseconds);
