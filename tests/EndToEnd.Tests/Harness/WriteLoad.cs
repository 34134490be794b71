using System.Diagnostics;
using System.Globalization;
using Grpc.Core;

namespace SwarmOrleans.Tests.EndToEnd.Harness;

/// <summary>Several clients that write one object after the other through one manager.</summary>
internal sealed class WriteLoad : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly ControlConnection _connection;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private int _acknowledged;
    private long _slowest;

    private WriteLoad(ControlConnection connection, int clients)
    {
        _connection = connection;
        _running = Task.WhenAll(Enumerable.Range(0, clients).Select(RunAsync));
    }

    /// <summary>Writes that were acknowledged so far.</summary>
    public int Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>The longest that a write took.</summary>
    public TimeSpan Slowest => TimeSpan.FromTicks(Interlocked.Read(ref _slowest));

    public static WriteLoad Start(string socketPath, int clients) => new(ControlConnection.Open(socketPath), clients);

    /// <summary>Ends the writing. Throws if any write was refused, or none could be made for a minute.</summary>
    public async Task<int> StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
        return Acknowledged;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ContinueWith(_ => { }, TaskScheduler.Default);
        _connection.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync(int client)
    {
        await Task.Yield();
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            var begin = Stopwatch.GetTimestamp();
            await WriteAsync(string.Create(CultureInfo.InvariantCulture, $"w{client}-{i}"));
            Interlocked.Increment(ref _acknowledged);
            var took = Stopwatch.GetElapsedTime(begin).Ticks;
            for (var known = Interlocked.Read(ref _slowest); took > known; known = Interlocked.Read(ref _slowest))
            {
                Interlocked.CompareExchange(ref _slowest, took, known);
            }
        }
    }

    // Elections may take longer than a manager waits; it then says that it does not know, and whoever asked has to look: the name tells.
    private async Task WriteAsync(string name)
    {
        var begin = Stopwatch.GetTimestamp();
        for (var isUnknown = false; ; isUnknown = true)
        {
            try
            {
                await _connection.WriteAsync(name);
                return;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.AlreadyExists && isUnknown)
            {
                return;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable && Stopwatch.GetElapsedTime(begin) < Patience)
            {
                await Task.Delay(100);
            }
        }
    }
}
