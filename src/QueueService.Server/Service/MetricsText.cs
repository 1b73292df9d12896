using QueueService.Server.Http;

namespace QueueService.Server.Service;

/// <summary>Metrics in the text format of Prometheus. The samples of one metric stand together, whatever the order in
/// which they are added.</summary>
internal sealed class MetricsText
{
    private readonly List<Metric> _metrics = [];

    public Metric Gauge(string name, string help) => Add(new Metric(name, help, "gauge"));

    public Metric Counter(string name, string help) => Add(new Metric(name, help, "counter"));

    public JsonOutput Finish()
    {
        JsonOutput output = JsonOutput.Rent();
        foreach (Metric metric in _metrics) metric.WriteTo(output);
        return output;
    }

    private Metric Add(Metric metric)
    {
        _metrics.Add(metric);
        return metric;
    }

    /// <summary>One metric with all its samples.</summary>
    internal sealed class Metric(string name, string help, string type)
    {
        private readonly List<(string Labels, long Value)> _samples = [];

        /// <param name="labels">`name="value",…`: what has a name here needs no escape in it.</param>
        public void Sample(long value, string labels = "") => _samples.Add((labels, value));

        public void WriteTo(JsonOutput output)
        {
            string full = $"queueservice_{name}";
            Write(output, $"# HELP {full} {help}\n# TYPE {full} {type}\n");
            foreach ((string labels, long value) in _samples)
                Write(output, labels.Length == 0 ? $"{full} {value}\n" : $"{full}{{{labels}}} {value}\n");
        }

        private static void Write(JsonOutput output, string text) =>
            output.Raw(System.Text.Encoding.UTF8.GetBytes(text));
    }
}
