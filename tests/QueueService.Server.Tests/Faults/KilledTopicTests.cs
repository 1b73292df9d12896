using System.Text.Json.Nodes;
using QueueService.Server.Tests.Topics.Live;

namespace QueueService.Server.Tests.Faults;

/// <summary>kill -9 while a topic is published to and followed.</summary>
[Collection(ProcessTests.Name)]
public sealed class KilledTopicTests : IDisposable
{
    private const int MessagesPerLife = 200;
    private const string Topic = "/v1/topics/killed";

    private readonly ScratchDirectory _directory = new();
    private readonly List<string> _confirmed = [];
    private readonly List<string> _seen = [];
    private string? _lastId;
    private int _number;

    private static int Kills => ProcessTests.Soak ? 200 : 5;

    [Fact]
    public async Task A_reader_that_resumes_after_each_kill_gets_every_confirmed_message_once_and_in_order()
    {
        for (int life = 0; life <= Kills; life++)
        {
            await using ServerProcess server = await ServerProcess.Start(_directory.Data);
            using HttpClient http = new() { BaseAddress = server.Address };
            using HttpResponseMessage created = await http.PutAsync(new Uri(Topic, UriKind.Relative), null);
            created.EnsureSuccessStatusCode();
            TopicFollower reader = await TopicFollower.Open(
                server.Address, Topic + "/sse?from=earliest", _lastId is null ? [] : [$"Last-Event-ID: {_lastId}"]);
            _lastId = reader.LastId;
            Task reading = Read(reader, life == Kills ? null : http);
            await Publish(http, life == Kills ? 1 : MessagesPerLife, server);
            await reading;
            reader.Dispose();
        }

        Assert.Equal(_seen.Distinct(), _seen);
        Assert.Equal(_confirmed.Except(_seen), []);
        int[] numbers = [.. _seen.Select(int.Parse)];
        Assert.Equal(numbers.Order(), numbers);
        Assert.True(_confirmed.Count > Kills * MessagesPerLife / 2, "Nearly nothing was published.");
    }

    public void Dispose() => _directory.Dispose();

    /// <summary>One after the other; the server is killed while the last of them are on their way.</summary>
    private async Task Publish(HttpClient http, int count, ServerProcess server)
    {
        Task killed = Task.CompletedTask;
        for (int i = 0; i < count; i++)
        {
            string body = $"{++_number}";
            if (count > 1 && i == count - 10) killed = server.KillNow();
            try
            {
                using StringContent content = new(body);
                using HttpResponseMessage answer =
                    await http.PostAsync(new Uri(Topic + "/messages", UriKind.Relative), content);
                if (answer.IsSuccessStatusCode) _confirmed.Add(body);
            }
            catch (HttpRequestException)
            {
                // It may have been stored.
            }
        }

        await killed;
    }

    /// <summary>Until the connection breaks; in the last life until the last message has come.</summary>
    private async Task Read(TopicFollower reader, HttpClient? broken)
    {
        try
        {
            do
            {
                JsonNode message = await reader.Next();
                _seen.Add((string)message["body"]!);
                _lastId = reader.LastId;
            }
            while (broken is not null || _seen[^1] != $"{(Kills * MessagesPerLife) + 1}");
        }
        catch (Exception gone) when (gone is IOException or HttpRequestException)
        {
            Assert.NotNull(broken);
        }
    }
}
