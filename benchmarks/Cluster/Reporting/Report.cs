using System.Globalization;
using System.Text.Json;

namespace SwarmOrleans.Benchmarks.ClusterLoad.Reporting;

/// <summary>Figures of a load program: lines for people as they come, and with <c>--output json</c> one object on the last line.</summary>
internal sealed class Report(bool isJson)
{
    private readonly Dictionary<string, object> _figures = [];

    public void Line(string text) => Console.WriteLine(text);

    public void Row(params IEnumerable<object> cells) => Console.WriteLine(string.Join("  ", cells.Select(Cell)));

    public void Set(string name, double value) => _figures[name] = Math.Round(value, 4);

    public void Set(string name, string value) => _figures[name] = value;

    public void End()
    {
        if (isJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(_figures));
        }
    }

    public static double Median(IEnumerable<double> values) => Percentile(values, 0.5);

    public static double Percentile(IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? double.NaN : sorted[Math.Min(sorted.Count - 1, (int)(share * sorted.Count))];
    }

    private static string Cell(object cell) => (cell switch
    {
        double d when Math.Abs(d) >= 100 => d.ToString("F0", CultureInfo.InvariantCulture),
        double d => d.ToString("F2", CultureInfo.InvariantCulture),
        _ => cell.ToString() ?? "",
    }).PadLeft(12);
}
