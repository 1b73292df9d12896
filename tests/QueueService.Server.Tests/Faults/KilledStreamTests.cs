using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;

namespace QueueService.Server.Tests.Faults;

/// <summary>kill -9 while producers append to a stream at once, each sending again what was not answered, and a
/// consumer group reads it.</summary>
[Collection(ProcessTests.Name)]
public sealed class KilledStreamTests : IDisposable
{
    private const int Producers = 4;
    private const int Partitions = 4;
    private const int BatchRecords = 25;
    private const int BatchesPerLife = 120;
    private const string Stream = "/v1/streams/killed";

    private readonly ScratchDirectory _directory = new();
    private readonly int[] _sequences = new int[Producers];
    private readonly ConcurrentDictionary<(int Partition, long Offset), string> _consumed = new();
    private readonly SortedDictionary<int, long> _committed = [];

    private static int Kills => ProcessTests.Soak ? 200 : 6;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Every_record_of_concurrent_producers_is_there_once_without_gaps_and_a_group_misses_none()
    {
        for (int life = 0; life < Kills; life++)
        {
            await using ServerProcess server = await ServerProcess.Start(_directory.Data);
            using HttpClient http = new() { BaseAddress = server.Address };
            await Put(http);
            await CheckCommitted(http);
            int batches = 0;
            using CancellationTokenSource gone = new();
#pragma warning disable CA2025 // It is awaited before the client is disposed.
            Task consumer = Consume(http, gone.Token);
#pragma warning restore CA2025
            await Task.WhenAll(Enumerable.Range(0, Producers).Select(async producer =>
            {
                while (await Append(http, producer))
                    if (Interlocked.Increment(ref batches) == BatchesPerLife) await server.KillNow();
            }));
            await gone.CancelAsync();
            await consumer;
        }

        await using ServerProcess last = await ServerProcess.Start(_directory.Data);
        using HttpClient reader = new() { BaseAddress = last.Address };
        List<string> all = [];
        for (int partition = 0; partition < Partitions; partition++)
            all.AddRange(await ReadPartition(reader, partition));
        Assert.Equal(all.Count, all.Distinct().Count());
        for (int producer = 0; producer < Producers; producer++)
        {
            // The last batch may have been appended although nobody heard of it.
            int batches = all.Count(body => body.StartsWith($"{producer}-", StringComparison.Ordinal)) / BatchRecords;
            Assert.InRange(batches, _sequences[producer], _sequences[producer] + 1);
        }

        Assert.True(all.Count > Kills * BatchesPerLife * BatchRecords / 2, "hardly anything was appended");
        while (await Poll(reader))
        {
        }

        Assert.Equal(all.Order(), _consumed.Values.Order());
    }

    private static async Task Put(HttpClient http)
    {
        string json = $$"""{"partitions":{{Partitions}}}""";
        await Ask(http, HttpMethod.Put, Stream, json);
        await Ask(http, HttpMethod.Put, Stream + "/groups/g", """{"autoOffsetReset":"earliest"}""");
    }

    /// <summary>Answers false when the server has gone: it may have been appended, and is sent again.</summary>
    private async Task<bool> Append(HttpClient http, int producer)
    {
        int sequence = _sequences[producer];
        StringBuilder lines = new();
        for (int i = 0; i < BatchRecords; i++)
            lines.Append("{\"key\":\"k").Append(i % 7).Append("\",\"body\":\"")
                .Append($"{producer}-{sequence:000000}-{i:00}").Append("\"}\n");
        using HttpRequestMessage post = new(HttpMethod.Post, Relative(Stream + "/records/batch"));
        post.Content = new StringContent(lines.ToString(), Encoding.UTF8, "application/x-ndjson");
        post.Headers.Add("Producer-Id", $"p{producer}");
        post.Headers.Add("Producer-Epoch", "0");
        post.Headers.Add("Producer-Sequence", $"{sequence}");
        try
        {
            using HttpResponseMessage answer = await http.SendAsync(post);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            _sequences[producer]++;
            return true;
        }
        catch (Exception e) when (IsGone(e))
        {
            return false;
        }
    }

    private async Task Consume(HttpClient http, CancellationToken gone)
    {
        try
        {
            while (!gone.IsCancellationRequested) await Poll(http);
        }
        catch (Exception e) when (IsGone(e))
        {
            // The next life has a consumer of its own.
        }
    }

    /// <summary>Reads a page and commits it; answers whether there was anything.</summary>
    private async Task<bool> Poll(HttpClient http)
    {
        const string Wanted = """{"member":"m","max":1000,"waitSeconds":1}""";
        JsonNode page = JsonNode.Parse(await Ask(http, HttpMethod.Post, Stream + "/groups/g/poll", Wanted))!;
        JsonArray records = page["records"]!.AsArray();
        foreach (JsonNode? record in records)
        {
            var place = ((int)record!["partition"]!, (long)record["offset"]!);
            string body = (string)record["body"]!;

            // What was read once is never anything else.
            Assert.Equal(body, _consumed.GetOrAdd(place, body));
        }

        if (records.Count == 0) return false;
        string commit =
            $$"""{"member":"m","generation":{{page["generation"]}},"offsets":{{page["nextOffsets"]!.ToJsonString()}}}""";
        await Ask(http, HttpMethod.Post, Stream + "/groups/g/commit", commit);
        foreach ((string partition, JsonNode? offset) in page["nextOffsets"]!.AsObject())
            _committed[int.Parse(partition, null)] = (long)offset!;
        return true;
    }

    /// <summary>What was committed and answered is there after the kill.</summary>
    private async Task CheckCommitted(HttpClient http)
    {
        JsonNode lag = JsonNode.Parse(await http.GetStringAsync(Relative(Stream + "/groups/g/lag")))!;
        foreach (JsonNode? partition in lag["partitions"]!.AsArray())
        {
            if (_committed.TryGetValue((int)partition!["partition"]!, out long committed))
                Assert.True((long)partition["committedOffset"]! >= committed, $"{partition} is before {committed}");
        }
    }

    /// <summary>From the first record to the last, without a gap, and in the order of each producer.</summary>
    private static async Task<List<string>> ReadPartition(HttpClient http, int partition)
    {
        List<string> bodies = [];
        Dictionary<char, string> last = [];
        while (true)
        {
            JsonNode page = JsonNode.Parse(await http.GetStringAsync(
                Relative($"{Stream}/partitions/{partition}/records?from={bodies.Count}&limit=5000")))!;
            foreach (JsonNode? record in page["records"]!.AsArray())
            {
                Assert.Equal(bodies.Count, (int)record!["offset"]!);
                string body = (string)record["body"]!;
                Assert.True(
                    string.CompareOrdinal(last.GetValueOrDefault(body[0], ""), body) < 0, $"{body} comes too late");
                last[body[0]] = body;
                bodies.Add(body);
            }

            if ((long)page["endOffset"]! == bodies.Count) return bodies;
        }
    }

    /// <summary>A server that was killed closes the connection, or resets it, or is not there.</summary>
    private static bool IsGone(Exception e) => e is HttpRequestException { StatusCode: null } or IOException;

    private static Uri Relative(string path) => new(path, UriKind.Relative);

    private static async Task<string> Ask(HttpClient http, HttpMethod method, string path, string json)
    {
        using HttpRequestMessage request = new(method, Relative(path));
        request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await http.SendAsync(request);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return text;
    }
}
