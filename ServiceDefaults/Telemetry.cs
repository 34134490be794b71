using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace SwarmOrleans.ServiceDefaults;

/// <summary>Logs to the console, and metrics, traces and logs over OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set.</summary>
public sealed class Telemetry : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    private Telemetry(ServiceProvider services) => _services = services;

    /// <summary>Makes loggers.</summary>
    public ILoggerFactory LoggerFactory => _services.GetRequiredService<ILoggerFactory>();

    /// <summary>Starts it for the process.</summary>
    /// <param name="serviceName">Name of the process in telemetry.</param>
    /// <param name="level">Least level of the log.</param>
    public static Telemetry Start(string serviceName, LogLevel level)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging =>
        {
            logging.SetMinimumLevel(level);
            logging.AddFilter("Orleans", level > LogLevel.Warning ? level : LogLevel.Warning);
            logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Error);
            logging.AddFilter("Microsoft.AspNetCore", level > LogLevel.Warning ? level : LogLevel.Warning);

            // Whoever listens to it, at whatever level, makes every request carry an activity.
            logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
            logging.AddFilter("Microsoft.Hosting", level > LogLevel.Warning ? level : LogLevel.Warning);
            logging.AddFilter("Polly", level > LogLevel.Warning ? level : LogLevel.Warning);
            logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
            logging.AddFilter("DotNext", LogLevel.Error);

            // A request that is refused, or a peer that is gone, is its daily bread; what follows from it is logged by us.
            logging.AddFilter("DotNext.Net.Cluster.Consensus.Raft.NetworkTransport", LogLevel.Critical);
            logging.AddFilter("Orleans.Runtime.Messaging", LogLevel.Error);
            logging.AddFilter("Orleans.Runtime.MembershipService.SiloHealthMonitor", LogLevel.Error);
            logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
                console.ColorBehavior = LoggerColorBehavior.Disabled;
            });
        });
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT")))
        {
            services.AddOpenTelemetry()
                .ConfigureResource(r => r.AddService(serviceName))
                .WithMetrics(m => m.AddRuntimeInstrumentation().AddAspNetCoreInstrumentation().AddMeter("Microsoft.Orleans", "DotNext.*"))
                .WithTracing(t => t.AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddSource("Microsoft.Orleans.Runtime"))
                .WithLogging()
                .UseOtlpExporter();
        }

        var provider = services.BuildServiceProvider();
        _ = provider.GetService<MeterProvider>();
        _ = provider.GetService<TracerProvider>();
        return new Telemetry(provider);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
